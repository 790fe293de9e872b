"""What happened after the transfers: follow-ups, incidents, lapses, other recipients, each with its days since then."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from .at_a_day import HANDED_OVER, Standing, counted, latest
from .models import Answer, FollowUp, FollowUpAnswer, Handover, Incident, RecipientChange
from .models.aftermath import after_days

ASKED = {"performed": "task performed", "resources": "resources there", "use_respected": "agreed use respected"}
KINDS = {
    "incident": "incident",
    "failed": "follow-up failed",
    "answered": "follow-up answered",
    "late": "follow-up not answered",
    "lapsed": "lapsed",
    "recipient": "other recipient or use",
    "handed_on": "handed on",
}
BAD = ("incident", "failed", "lapsed")


@dataclass(frozen=True)
class Happening:
    """One thing that happened after a transfer. Where it is approximate, `day` is the last one possible."""

    kind: str  # one of KINDS
    day: date
    days_after: int
    words: str
    approximate: bool = False
    source: str = ""

    @property
    def bad(self) -> bool:
        return self.kind in BAD

    @property
    def what(self) -> str:
        return KINDS[self.kind]


@dataclass
class After:
    """A handover that was transferred, and what happened since, in order of the days."""

    row: Standing
    transferred_on: date
    approximate: bool
    version: int
    happenings: list[Happening] = field(default_factory=list)

    @property
    def first_bad(self) -> Happening | None:
        return next((one for one in self.happenings if one.bad), None)

    def add(self, kind: str, day: date, words: str, *, approximate: bool = False, source: str = "") -> None:
        """What lies before the transfer is no matter of afterwards."""
        days = (day - self.transferred_on).days
        if days >= 0:
            about = approximate or self.approximate
            self.happenings.append(Happening(kind, day, days, words, about, source))


def after_transfer(transition: Any, rows: Sequence[Standing], view: View) -> list[After]:
    """Of the rows that were transferred, in a fixed number of queries; those where something went wrong first."""
    found = transferred(transition, [row for row in rows if row.state in HANDED_OVER], view)
    for look in (follow_ups, incidents, other_recipients):
        look(transition, found, view)
    for one in found.values():
        if one.row.follows in found:
            to = one.row.recipient or "nobody named"
            found[one.row.follows].add("handed_on", one.transferred_on, f"{one.row.code}, to {to}")
    for one in found.values():
        one.happenings.sort(key=lambda happening: happening.day)
    return sorted(found.values(), key=lambda one: (one.first_bad is None, one.transferred_on, one.row.code))


def transferred(transition: Any, rows: Sequence[Standing], view: View) -> dict[int, After]:
    """Each with the first change that handed it over, and with its lapse."""
    changes = counted(StateChange.objects.filter(transition=transition), view).filter(
        thing_type=Handover._meta.label_lower, state__in=HANDED_OVER
    )
    of_thing: dict[int, list[Any]] = defaultdict(list)
    columns = ("thing_id", "holds_from", "approximate", "version", "state", "reason", "source")
    for pk, *change in changes.order_by("thing_id", "version").values_list(*columns):
        of_thing[pk].append(change)
    found = {}
    for row in rows:
        day, about, version, *_ = of_thing[row.id][0]
        found[row.id] = After(row, day, about, version)
        for since, approximate, _, state, reason, source in of_thing[row.id]:
            if state == "lapsed":
                found[row.id].add("lapsed", since, reason, approximate=approximate, source=source)
    return found


def follow_ups(transition: Any, found: dict[int, After], view: View) -> None:
    asked = FollowUpAnswer.objects.filter(follow_up__handover__transition=transition)
    columns = ("follow_up_id", "holds_from", "approximate", "source", *ASKED)
    answers = {pk: answer for pk, *answer in latest(asked, "follow_up_id", view).values_list(*columns)}
    checks = FollowUp.objects.filter(handover__transition=transition)
    for pk, handover, days, due_on in checks.values_list("pk", "handover_id", "days", "due_on"):
        if handover not in found or (pk not in answers and due_on >= view.as_of):
            continue
        named = after_days(days)
        if pk not in answers:
            found[handover].add("late", due_on, f"{named}: nobody has answered it")
            continue
        day, approximate, source, *said = answers[pk]
        words = ", ".join(f"{words}: {answer}" for words, answer in zip(ASKED.values(), said, strict=True))
        kind = "failed" if Answer.NO in said else "answered"
        found[handover].add(kind, day, f"{named}: {words}", approximate=approximate, source=source)


def incidents(transition: Any, found: dict[int, After], view: View) -> None:
    """Of a handover, or of a task or a site: then of each of its handovers."""
    of_thing: dict[tuple[str | None, str | None], list[After]] = defaultdict(list)
    for after in found.values():
        of_thing[after.row.task, None].append(after)
        of_thing[None, after.row.site].append(after)
    seen = Incident.objects.visible_to(view.user, now=view.now).filter(transition=transition)
    for one in counted(seen, view).select_related("task", "site"):
        if one.handover_id:
            about = [found[one.handover_id]] if one.handover_id in found else []
        else:
            about = of_thing[one.task.code, None] if one.task else of_thing[None, one.site.code]
        for after in about:
            words = f"{one.get_kind_display().lower()}: {one.text}"
            after.add("incident", one.holds_from, words, approximate=one.approximate, source=one.source)


def other_recipients(transition: Any, found: dict[int, After], view: View) -> None:
    """Named after the transfer; the first row of a handover names its first recipient."""
    rows = counted(RecipientChange.objects.filter(handover__transition=transition), view)
    columns = (
        "handover_id", "handover_version", "holds_from", "approximate", "source", "recipient_office__name",
        "recipient", "agreed_use", "reason",
    )  # fmt: skip
    first = set()
    for pk, version, day, approximate, source, office, name, use, reason in rows.order_by("pk").values_list(*columns):
        named, after = pk in first, found.get(pk)
        first.add(pk)
        if named and after is not None and version >= after.version:
            used = f", for {use}" if use else ""
            words = f"{office or name or 'nobody named'}{used}: {reason}"
            after.add("recipient", day, words, approximate=approximate, source=source)
