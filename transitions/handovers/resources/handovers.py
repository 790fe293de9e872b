"""Handovers in and out as a table, the same columns both ways.

Import goes through the room's own doors: new ones through `propose`, moved days and residual owners through `plan_all`,
other recipients through `change_recipient`, another scope of what is in words already through `change_agreed` (which
voids what was accepted), each with the reason in its row. A state is never imported.
"""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, QuerySet
from import_export import fields

from transitions.handovers.agreement import change_agreed
from transitions.handovers.models import AgreedText, Handover, RecipientKind
from transitions.handovers.plans import SETTLED, STILL_OWED, PlannedMove, plan_all
from transitions.handovers.recipients import AFTERWARDS, change_recipient, propose
from transitions.workflow.columns import Code, Coded, Day

from .registers import OfATransition

NAMED = ("recipient_kind", "recipient_office", "recipient", "agreed_use")  # another one of these is another recipient
PLANNED = ("planned_on", "residual_office")
SCOPE = ("track", "area", "part")  # what the words are about, once there are words
NEVER = ("task", "site", "follows_code")
WRITTEN = ("track", "area", "part", "no_recipient_reason", "owner_office", "owner", "marking", "source", "note")


class HandoverResource(OfATransition):
    plain = (
        "track", "part", "recipient_kind", "recipient", "no_recipient_reason", "agreed_use", "planned_on", "marking",
        "source", "note",
    )  # fmt: skip
    places = ("task", "site", "area", "recipient_office", "owner_office", "owner", "residual_office")
    besides = ("reason",)

    task = fields.Field("task", "task", Coded("task"))
    site = fields.Field("site", "site", Coded("site"))
    area = fields.Field("area", "area", Coded("area"))
    recipient_office = fields.Field("recipient_office", "recipient_office", Coded("office"))
    owner_office = fields.Field("owner_office", "owner_office", Coded("office"))
    owner = fields.Field("owner", "owner", Coded("person", "username"))
    residual_office = fields.Field("residual_office", "residual_office", Coded("office"))
    follows = fields.Field("follows_code", "follows", Code())
    planned_on = fields.Field("planned_on", "planned_on", Day())
    title = fields.Field("title", "title", readonly=True)
    state = fields.Field("state", "state", readonly=True)
    version = fields.Field("version", "version", readonly=True)

    class Meta:
        model = Handover
        fields = (
            "transition", "code", "title", "task", "site", "track", "area", "part", "recipient_kind",
            "recipient_office", "recipient", "no_recipient_reason", "agreed_use", "owner_office", "owner", "follows",
            "planned_on", "residual_office", "marking", "source", "note", "state", "version",
        )  # fmt: skip
        export_order = fields

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.was: dict[int, dict[str, Any]] = {}
        self.in_file: set[str] = set()
        self.moves: list[PlannedMove] = []
        self.renamed: list[tuple[Handover, dict[str, Any]]] = []
        self.reworded: list[tuple[Handover, dict[str, Any]]] = []

    # --- in

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        super().before_import(dataset, **kwargs)
        self.in_file = {str(code or "").strip() for code in dataset["code"]}

    def get_queryset(self) -> Any:
        worded = Exists(AgreedText.objects.filter(handover=OuterRef("pk")))
        return super().get_queryset().annotate(follows_code=F("follows__code"), worded=worded)

    def read_known(self) -> None:
        super().read_known()
        kept = {*NAMED, *PLANNED, *SCOPE, *NEVER, "no_recipient_reason"}
        self.was = {one.pk: {name: getattr(one, name) for name in kept} for one in self.known.values()}

    def before_save_instance(self, instance: Handover, row: Any, **kwargs: Any) -> None:
        check_whole(instance)
        self.check_follows(instance)
        if instance.pk is not None:
            self.note_changes(instance, reason=str(row.get("reason") or "").strip())

    def check_follows(self, handover: Any) -> None:
        """It may stand further down in the same file."""
        code = getattr(handover, "follows_code", None)
        if code and (code == handover.code or code not in self.in_file | self.known.keys()):
            raise ValidationError({"follows_code": f"There is no other handover “{code}” here or in the file."})

    def note_changes(self, handover: Any, *, reason: str) -> None:
        """What is a fact of its own, and not a word that is corrected: noted for the verb that records it."""
        were = self.was[handover.pk].items()
        changed = {name for name, was in were if (getattr(handover, name) or None) != (was or None)}
        check_changed(handover, changed)
        facts = changed & {*NAMED, *PLANNED, *(SCOPE if handover.worded else ())}
        if facts and not reason:
            raise ValidationError({"reason": f"{', '.join(sorted(facts))} changes: say why."})
        now_is = {name: getattr(handover, name) for name in facts}
        if plan := {name: now_is[name] for name in PLANNED if name in facts}:
            self.moves.append(PlannedMove(handover, reason=reason, **plan))
        if facts & {*NAMED}:
            self.renamed.append((handover, {"reason": reason, **{name: getattr(handover, name) for name in NAMED}}))
        if scope := {name: now_is[name] for name in SCOPE if name in facts}:
            self.reworded.append((handover, {"reason": reason, **scope}))

    def enter_new(self, things: list[Any]) -> None:
        """What is handed on again comes after what it follows, wherever it stands in the file."""
        there: dict[Any, Any] = dict(self.known)
        waiting = things
        while waiting:
            ready = [one for one in waiting if not getattr(one, "follows_code", None) or one.follows_code in there]
            if not ready:
                raise ValidationError(f"{', '.join(one.code for one in waiting)} follow one another in a circle.")
            for one in ready:
                one.follows = there.get(getattr(one, "follows_code", None))
            propose(ready, by=self.by, now=self.instant)
            there |= {one.code: one for one in ready}
            waiting = [one for one in waiting if one.code not in there]

    def write_changed(self, things: list[Handover]) -> None:
        nobody = [one for one in things if self.was[one.pk]["recipient_kind"] == RecipientKind.NOBODY]
        emptied = [one for one in nobody if not one.no_recipient_reason]
        for one in emptied:  # until somebody takes it over
            one.no_recipient_reason = self.was[one.pk]["no_recipient_reason"]
        for one, _ in self.reworded:  # until it is in words
            for name in SCOPE:
                setattr(one, name, self.was[one.pk][name])
        self.correct(things, WRITTEN)
        plan_all(self.moves, by=self.by, now=self.instant)
        for handover, scope in self.reworded:
            change_agreed(handover, by=self.by, now=self.instant, **scope)
        for handover, named in self.renamed:
            change_recipient(
                handover, kind=named["recipient_kind"], office=named["recipient_office"], name=named["recipient"],
                agreed_use=named["agreed_use"], by=self.by, now=self.instant, reason=named["reason"],
            )  # fmt: skip
        Handover.objects.filter(pk__in=[one.pk for one in emptied]).update(no_recipient_reason="")

    @property
    def instant(self) -> datetime:
        assert self.now is not None
        return self.now

    # --- out

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        named: QuerySet[Any] = super().filter_export(queryset).annotate(follows_code=F("follows__code"))
        return named


def check_whole(handover: Handover) -> None:
    """The database holds it too, but says so of the whole file and not of a row."""
    if (handover.task is None) == (handover.site is None):
        raise ValidationError({"task": "A handover is of a task or of a site: give one of them."})
    if handover.recipient_kind == RecipientKind.NOBODY and not handover.no_recipient_reason.strip():
        raise ValidationError({"no_recipient_reason": "Say why nobody takes it over."})


def check_changed(handover: Handover, changed: set[str]) -> None:
    for name in NEVER:
        if name in changed:
            raise ValidationError({name: "What is handed over never changes: propose another handover."})
    for name in SCOPE:
        if name in changed and handover.state in AFTERWARDS:
            sentence = f"It is {handover.state}: what was agreed for it stays as it is."
            raise ValidationError({name: sentence})
    if changed & {*PLANNED}:
        check_plan(handover, changed)


def check_plan(handover: Handover, changed: set[str]) -> None:
    owes = handover.state == STILL_OWED and "planned_on" not in changed
    if handover.state in SETTLED and not owes:
        name = next(name for name in PLANNED if name in changed)
        raise ValidationError({name: f"It is {handover.state}: there is nothing left to plan for it."})
