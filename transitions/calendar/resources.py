"""Milestones in and out as a table, the same columns both ways. Bad rows are named; one is enough to change nothing.

Import goes through the calendar's own doors, so that it leaves the same history as a person would: new milestones
through `enter`, moved dates through `redate` with the reason in their row. A state is never imported.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import fields

from transitions.missions.models import Driver
from transitions.workflow.columns import Coded, Day, YesNo
from transitions.workflow.resources import TableResource

from .dates import Move, enter, redate_all
from .models import Milestone
from .versions import dates_in, latest_versions

WRITTEN = ("title", "kind", "hard", "marking", "authority", "source", "note")


class MilestoneResource(TableResource):
    plain = (*WRITTEN, "due_on")
    places = ("pillar", "area", "owner_office", "owner")
    besides = ("reason", "drivers")

    pillar = fields.Field("pillar", "pillar", Coded("pillar"))
    area = fields.Field("area", "area", Coded("area"))
    owner_office = fields.Field("owner_office", "owner_office", Coded("office"))
    owner = fields.Field("owner", "owner", Coded("person", "username"))
    due_date = fields.Field("due_on", "due_date", Day())
    hard = fields.Field("hard", "hard", YesNo())
    state = fields.Field("state", "state", readonly=True)
    version = fields.Field("version", "version", readonly=True)
    slip_days = fields.Field(None, "slip_days", readonly=True)

    class Meta:
        model = Milestone
        fields = (
            "code", "title", "kind", "pillar", "area", "owner_office", "owner", "due_date", "hard", "marking",
            "authority", "source", "note", "state", "version", "slip_days",
        )  # fmt: skip
        export_order = fields

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.was_due: dict[int, date | None] = {}
        self.moves: list[Move] = []
        self.frozen: dict[int, date | None] = {}

    # --- in

    def read_known(self) -> None:
        super().read_known()
        self.was_due = {milestone.pk: milestone.due_on for milestone in self.known.values()}

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if instance.pk and instance.due_on != self.was_due[instance.pk]:
            self.moves.append(self.move_of(instance, row))

    def move_of(self, milestone: Milestone, row: Any) -> Move:
        was, reason = self.was_due[milestone.pk], str(row.get("reason") or "")
        if milestone.state in ("done", "dropped"):
            raise ValidationError({"due_on": f"It is {milestone.state}: reopen it before giving it a new date."})
        if not reason.strip():
            sentence = f"The date moves from {was or 'none'} to {milestone.due_on or 'none'}: say why."
            raise ValidationError({"reason": sentence})
        return Move(milestone, milestone.due_on, reason, drivers(row))

    def enter_new(self, things: list[Milestone]) -> None:
        assert self.now is not None
        enter(things, by=self.by, now=self.now)

    def write_changed(self, things: list[Milestone]) -> None:
        assert self.now is not None
        self.correct(things, [*WRITTEN, *self.places])
        redate_all(self.moves, by=self.by, now=self.now)

    # --- out

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        transitions = set(queryset.order_by().values_list("transition", flat=True))
        self.frozen = dates_in(latest_versions(transitions, as_of=date.max, known_at=date.max))
        return super().filter_export(queryset)

    def dehydrate_slip_days(self, milestone: Milestone) -> Any:
        """Empty where the milestone was not in the approved version: not 0."""
        planned = self.frozen.get(milestone.pk)
        return (milestone.due_on - planned).days if milestone.due_on and planned else ""


def drivers(row: Mapping[str, Any]) -> list[str]:
    given = [word.strip() for word in str(row.get("drivers") or "").replace(",", ";").split(";") if word.strip()]
    if wrong := [word for word in given if word not in Driver.values]:
        raise ValidationError({"drivers": f"{', '.join(wrong)}: give some of {', '.join(Driver.values)}."})
    return given
