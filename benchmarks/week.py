"""Of a person's week: indicators to be measured anew, drafts to submit, what waits for who verifies. Round by round."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Q
from django.urls import reverse

from transitions.status.weeks import Mine, Row, Week
from transitions.workflow.asked import may_take
from transitions.workflow.models import StateChange

from .lifecycle import who_entered
from .models import Assessment, Benchmark, Indicator
from .rounds import DONE

STANDING = ("in_force", "achieved")  # the states in which a benchmark is still looked at
OF_INDICATOR = ("indicator__transition", "indicator__verifier", "indicator__verifier_office", "measurement")


class RoundsWeek(Week):
    def owed(self, mine: Mine) -> Iterator[Row]:
        """Who provides it owes a value one frequency after the last day that it was judged for."""
        theirs = mine.seen(Indicator).filter(provided_by(mine), benchmark__state__in=STANDING)
        judged = Max("assessments__as_of", filter=Q(assessments__state__in=DONE))
        found: dict[tuple[Any, date], list[Indicator]] = {}
        rows = theirs.annotate(judged_on=judged).filter(frequency_days__isnull=False, judged_on__isnull=False)
        for one in rows.select_related("transition"):
            day = one.judged_on + timedelta(days=one.frequency_days)
            if day <= mine.until:
                found.setdefault((one.transition, day), []).append(one)
        for (transition, day), its in found.items():
            codes = ", ".join(one.code for one in its[:3])
            more = f" and {len(its) - 3} more" if len(its) > 3 else ""
            yield mine.row(
                f"Indicators {codes}{more}" if len(its) > 1 else f"Indicator {codes}", "Measure and judge anew",
                transition, place=reverse("benchmarks:rounds", args=[transition.slug]), day=day,
            )  # fmt: skip

    def asked(self, mine: Mine) -> Iterator[Row]:
        drafts = mine.seen(Assessment).filter(state="draft", entered_by=mine.user).select_related(*OF_INDICATOR)
        own = may_take(drafts, "submit", by=mine.user, now=mine.now)
        yield from rows_of(mine, (one for one in own if one.version > 1), "Returned to you: judge again and submit")
        yield from rows_of(mine, (one for one in own if one.version == 1), "Submit your draft")
        yield from rows_of(mine, to_verify(mine), "Verify")

    def standing(self, mine: Mine) -> Iterator[Row]:
        """What they submitted, by who is to verify it."""
        sent = mine.seen(Assessment).filter(state="submitted", entered_by=mine.user).select_related(*OF_INDICATOR)
        entries = list(sent)
        since = submitted_on(entries)
        for verifier, its in by_verifier(entries).items():
            days = [since[one.pk] for one in its if one.pk in since]
            yield from rows_of(mine, its, "To be verified", whose=verifier, since=min(days, default=None))

    def own(self, mine: Mine) -> dict[Any, Any]:
        entered = Q(entered_by=mine.user) | provided_by(mine, "indicator__")
        return {Benchmark: mine.seen(Benchmark).filter(mine.own()),
                Assessment: mine.seen(Assessment).filter(entered)}  # fmt: skip


def provided_by(mine: Mine, path: str = "") -> Q:
    return mine.own(path, owner="provider", office="provider_office")


def to_verify(mine: Mine) -> list[Assessment]:
    """Submitted, and neither entered, nor measured, nor submitted by themselves."""
    waiting = mine.seen(Assessment).filter(state="submitted").select_related(*OF_INDICATOR)
    found = may_take(waiting, "verify", by=mine.user, now=mine.now)
    entered = who_entered(found)
    return [one for one in found if mine.user.pk not in entered[one.pk]]


def submitted_on(entries: Iterable[Assessment]) -> dict[int, date]:
    ids = {one.pk: one.version for one in entries}
    changes = StateChange.objects.filter(thing_type=Assessment._meta.label_lower, thing_id__in=ids)
    rows = changes.values_list("thing_id", "version", "holds_from")
    return {pk: day for pk, version, day in rows if ids[pk] == version}


def by_verifier(entries: Iterable[Assessment]) -> dict[str, list[Assessment]]:
    found: dict[str, list[Assessment]] = {}
    for one in entries:
        verifier = one.indicator.verifier or one.indicator.verifier_office or "whoever verifies"
        found.setdefault(str(verifier), []).append(one)
    return found


def rows_of(mine: Mine, entries: Iterable[Assessment], ask: str, **more: Any) -> Iterator[Row]:
    """One for each round, which is where all of them are worked on."""
    rounds: dict[tuple[Any, date], list[Assessment]] = {}
    for one in entries:
        rounds.setdefault((one.indicator.transition, one.as_of), []).append(one)
    for (transition, as_of), its in sorted(rounds.items(), key=lambda one: one[0][1]):
        which = f"{its[0].indicator.code}" if len(its) == 1 else f"{len(its)} indicators"
        place = reverse("benchmarks:round", args=[transition.slug, as_of.isoformat()])
        yield mine.row(f"Assessment of {which} as of {as_of:%-d %B %Y}", ask, transition, place=place, **more)
