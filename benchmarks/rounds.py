"""An assessment round: every indicator that one may see as of a day, what is entered of it, and what is to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.status.reader import view_of
from transitions.workflow.models import StateChange

from .lifecycle import OWN_ENTRY, who_entered
from .listing import in_order, indicators_at
from .models import Assessment, Definition, Disagreement, Indicator, Measurement, Report
from .proposing import Proposal, propose_all

DONE = ("submitted", "verified")


@dataclass
class Line:
    """One indicator of the round."""

    row: Mapping[str, Any]  # as `indicators_at` has it
    definition: Definition | None
    proposal: Proposal | None
    latest: Measurement | None = None  # in numbers or in words
    entry: Assessment | None = None
    last: StateChange | None = None
    disagreement: Disagreement | None = None
    own: bool = False  # who looks has entered, measured or submitted it

    @property
    def code(self) -> str:
        return str(self.row["code"])

    @property
    def done(self) -> bool:
        return self.entry is not None and self.entry.state in DONE

    @property
    def returned(self) -> str:
        """Why, where the verifier sent it back."""
        back = self.last if self.last and self.entry and self.entry.state == "draft" else None
        return f"returned by {back.by}: {back.reason}" if back and back.step == "return" else ""

    @property
    def why_not(self) -> str:
        return OWN_ENTRY if self.own else ""


@dataclass
class Round:
    """What there is to do as of a day, in the order of the benchmarks."""

    as_of: date
    today: date
    lines: Sequence[Line] = ()
    reports: Sequence[str] = ()
    may_enter: bool = False
    may_verify: bool = False
    done: int = field(init=False)
    verified: int = field(init=False)

    def __post_init__(self) -> None:
        self.done = sum(line.done for line in self.lines)
        self.verified = sum(line.entry is not None and line.entry.state == "verified" for line in self.lines)

    @property
    def to_do(self) -> list[Line]:
        return [line for line in self.lines if not line.done]

    @property
    def waiting(self) -> list[Line]:
        return [line for line in self.lines if line.entry and line.entry.state == "submitted"]

    def line(self, code: str) -> Line | None:
        return next((line for line in self.lines if line.code == code), None)

    def next_after(self, code: str) -> Line | None:
        """The next that is to do, from the one that was worked on down, then from the top."""
        codes = [line.code for line in self.lines]
        place = codes.index(code) if code in codes else -1
        turned = [*self.lines[place + 1 :], *self.lines[: place + 1]]
        return next((line for line in turned if not line.done), None)


def round_of(transition: Any, as_of: date, *, user: Any, now: datetime) -> Round:
    """In a fixed number of queries, whatever there is. Raises ValidationError for a day that has not come."""
    view = view_of(transition, user=user, now=now, as_of=as_of)
    rows = in_order(indicators_at(transition, view))
    ids = [row["id"] for row in rows]
    definitions = defined(ids, as_of, view.known_at)
    proposals = propose_all(transition.pk, list(definitions.values()), as_of=as_of, known_at=view.known_at)
    lines = [
        Line(row, its := definitions.get(row["id"]), *(proposals[its.pk] if its else (None, None))) for row in rows
    ]  # fmt: skip
    add_entries({line.row["id"]: line for line in lines}, as_of, user=user)
    reports = Report.objects.filter(transition=transition, holds_from=as_of, known_from__lte=view.known_at)
    return Round(
        as_of, view.known_at, lines, list(reports.values_list("symbol", flat=True)),
        may_enter=may(user, Permission.MEASURE, transition, now=now),
        may_verify=may(user, Permission.VERIFY, transition, now=now),
    )  # fmt: skip


def defined(indicators: Sequence[int], as_of: date, known_at: date) -> dict[int, Definition]:
    rows = Definition.objects.filter(indicator__in=indicators, holds_from__lte=as_of, known_from__lte=known_at)
    latest = rows.order_by("indicator_id", "-holds_from", "-pk").distinct("indicator_id")
    return {row.indicator_id: row for row in latest.prefetch_related("targets")}


def add_entries(lines: Mapping[int, Line], as_of: date, *, user: Any) -> None:
    """The latest of each as of the day, with who has entered it, how it last moved, and what it disagrees with."""
    rows = Assessment.objects.filter(indicator__in=lines, as_of=as_of).order_by("pk")
    related = ("entered_by", "report", "measurement__by", "indicator__verifier", "indicator__verifier_office")
    entries = {row.indicator_id: row for row in rows.select_related(*related)}
    ids = [entry.pk for entry in entries.values()]
    changes = StateChange.objects.filter(thing_type=Assessment._meta.label_lower, thing_id__in=ids)
    last = {change.thing_id: change for change in changes.select_related("by").order_by("version")}
    differ = {row.assessment_id: row for row in Disagreement.objects.filter(assessment__in=ids).order_by("pk")}
    whose = who_entered(list(entries.values()))
    for indicator, entry in entries.items():
        line, said = lines[indicator], differ.get(entry.pk)
        line.entry, line.last, line.own = entry, last.get(entry.pk), user.pk in whose[entry.pk]
        line.disagreement = said if said and said.judged == entry.judged else None


def rounds_of(transition: Any, *, user: Any, now: datetime) -> list[dict[str, Any]]:
    """The days on which something was judged, the latest first, with how much of it waits; and which report it was."""
    seen = Assessment.objects.visible_to(user, now=now).filter(indicator__transition=transition)
    days = seen.order_by().values("as_of").annotate(
        entered=Count("indicator", filter=Q(state__in=DONE), distinct=True),
        waiting=Count("indicator", filter=Q(state="submitted"), distinct=True),
        drafts=Count("indicator", filter=Q(state="draft"), distinct=True),
    )  # fmt: skip
    reports: dict[date, list[str]] = {}
    for on, symbol in Report.objects.filter(transition=transition).values_list("holds_from", "symbol"):
        reports.setdefault(on, []).append(symbol)
    return [row | {"reports": reports.get(row["as_of"], [])} for row in days.order_by("-as_of")]


def has_indicators(transition: Any, *, user: Any, now: datetime) -> bool:
    found: bool = Indicator.objects.visible_to(user, now=now).filter(transition=transition).exists()
    return found
