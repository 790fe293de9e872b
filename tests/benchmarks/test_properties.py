"""What holds of readiness whatever was recorded: what was known stays so, classes add up, to know less is no gain."""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.annex import annex_of
from benchmarks.listing import benchmarks_at, indicators_at
from benchmarks.matrix import matrix
from benchmarks.models import (
    Assessment,
    CarryOver,
    ClassOverride,
    Definition,
    DependenceReview,
    DependsOn,
    Measurement,
    Report,
    RollUp,
    Target,
    Wording,
)
from benchmarks.readiness import readiness_of
from benchmarks.records import read
from benchmarks.standing import rank
from benchmarks.terms import revise
from tests import country, world
from tests.filled import filled
from tests.rebuild import assert_values_rebuilt
from transitions.handovers.models import Handover
from transitions.missions.models import Sector
from transitions.status.overview import console
from transitions.status.reader import view_of
from transitions.workflow.engine import Fact
from transitions.workflow.models import StateChange

NOW, TODAY, START = world.NOW, world.TODAY, country.START
CLASSES = ["on_track", "positive", "stagnating", "descending", "not_on_track", "no_update_expected"]
KNOWN = CLASSES[:5]
DAYS = st.integers(0, 270).map(lambda number: START + timedelta(number))


class Country:
    """Three benchmarks with an indicator each, of whom anything may be recorded: as rows, past the doors that lock."""

    def __init__(self, here: Any) -> None:
        self.here, self.by = here, world.founder()
        self.pillar = world.pillar(here)
        self.sector = Sector.objects.create(transition=here, code="justice", name="Justice")
        self.its = [country.indicator(country.benchmark(here, pillar=self.pillar)) for _ in range(3)]

    def record(self, kind: str, place: int, judged: str, on: date, later: int) -> None:
        it, known = self.its[place], min(on + timedelta(later), TODAY)
        fact = {"holds_from": on, "known_from": known, "recorded_at": NOW, "by": self.by, "source": "S/1"}
        getattr(self, kind)(it, judged, fact)

    def judged(self, it: Any, judged: str, fact: Any) -> None:
        row = Assessment.objects.create(
            indicator=it, definition=it.definitions.first(), as_of=fact["holds_from"], judged=judged, state="verified",
            version=1, entered_by=self.by,
        )  # fmt: skip
        self.moved(row, "verified", fact, 1)

    def moved(self, thing: Any, state: str, fact: Any, version: int) -> None:
        StateChange.objects.create(
            transition=self.here, thing_type=thing._meta.label_lower, thing_id=thing.pk, version=version, state=state,
            **fact,
        )  # fmt: skip

    def measured(self, it: Any, judged: str, fact: Any) -> None:
        value, last = CLASSES.index(judged) * 20, it.definitions.last()
        Measurement.objects.create(indicator=it, definition=last, value=value, **fact)

    def corrected(self, it: Any, judged: str, fact: Any) -> None:
        wrong = it.measurements.filter(superseded_by=None).first()
        if wrong:
            Measurement.objects.create(indicator=it, definition=wrong.definition, value=CLASSES.index(judged) * 20,
                                       supersedes=wrong, reason="misprint", **fact)  # fmt: skip

    def redefined(self, it: Any, judged: str, fact: Any) -> None:
        made = Definition.objects.create(
            indicator=it, number=it.definitions.count() + 1, statement="Anew", kind="percentage", direction=">=",
            period_basis="point", reason="anew", **fact,
        )  # fmt: skip
        Target.objects.create(definition=made, value=60, date=date(2020, 12, 31))

    def overridden(self, it: Any, judged: str, fact: Any) -> None:
        ClassOverride.objects.create(benchmark=it.benchmark, judged=judged, reason="seen", **fact)

    def achieved(self, it: Any, judged: str, fact: Any) -> None:
        self.moved(it.benchmark, "achieved", fact, self.versions(it))

    def regressed(self, it: Any, judged: str, fact: Any) -> None:
        self.moved(it.benchmark, "in_force", fact, self.versions(it))

    def versions(self, it: Any) -> int:
        return int(StateChange.objects.about(it.benchmark).count()) + 1

    def carried(self, it: Any, judged: str, fact: Any) -> None:
        CarryOver.objects.create(benchmark=it.benchmark, name=judged, **fact)

    def reworded(self, it: Any, judged: str, fact: Any) -> None:
        Wording.objects.create(benchmark=it.benchmark, number=it.benchmark.wordings.count() + 1, statement=judged,
                               reason="anew", **fact)  # fmt: skip

    def reported(self, it: Any, judged: str, fact: Any) -> None:
        report = Report.objects.create(transition=self.here, symbol=f"S/{next(world.number)}", **fact)
        RollUp.objects.create(report=report, by_class={judged: 1}, total=1)

    def ended(self, it: Any, judged: str, fact: Any) -> None:
        given_ = {name: fact[name] for name in ("holds_from", "known_from", "recorded_at", "by")}
        made = world.instrument(self.here.mission, adopted_on=fact["holds_from"], **given_)
        made.effects.create(kind="mandate_expiry", date=fact["holds_from"] + timedelta(60), basis="fixed")

    def said(self, it: Any, judged: str, fact: Any) -> None:
        """Of a benchmark, through the door: as a document of that day has it."""
        place = CLASSES.index(judged)
        given_ = [{"title": judged}, {"pillar": None}, {"condition_for_exit": False}, {"serves": judged},
                  {"sectors": [self.sector], "external_codes": [judged]},
                  {"pillar": world.pillar(self.here, judged.replace("_", "-")), "document": judged}][place]  # fmt: skip
        self.revised(it.benchmark, fact, given_)

    def asked(self, it: Any, judged: str, fact: Any) -> None:
        place = CLASSES.index(judged)
        given_ = {"informs_only": place % 2 == 0, "frequency_days": place * 30 or None, "position": place}
        self.revised(it, fact, given_)

    def revised(self, thing: Any, fact: Any, given_: Any) -> None:
        document = Fact(fact["source"], fact["holds_from"], fact["known_from"])
        revise(type(thing).objects.get(pk=thing.pk), by=self.by, now=NOW, fact=document, **given_)

    def linked(self, it: Any, judged: str, fact: Any) -> None:
        handover = filled(Handover, self.here, state="proposed", version=1)
        self.moved(handover, "proposed", {**fact, "known_from": fact["holds_from"]}, 1)
        DependsOn.objects.create(
            transition=self.here, handover=handover, benchmark=it.benchmark, linked_on=fact["known_from"]
        )

    def looked_at(self, it: Any, judged: str, fact: Any) -> None:
        for link in DependsOn.objects.filter(benchmark=it.benchmark):
            DependenceReview.objects.create(link=link, **fact)
            link.reviewed_on = max(fact["holds_from"], link.reviewed_on or fact["holds_from"])
            link.save()

    def answer(self, on: date, known: date) -> Any:
        """Everything that is told of a day."""
        view = view_of(self.here, user=console(), now=NOW, as_of=on, known_at=known)
        readiness = readiness_of(self.here, user=console(), now=NOW, as_of=on, known_at=known)
        annex = annex_of(self.here, view)
        rows = matrix(read([self.here], view), self.here.pk, readiness["benchmarks"])
        lists = benchmarks_at(self.here, view), indicators_at(self.here, view)
        return readiness, annex.parts, annex.by_class, annex.published, rows, lists


KINDS = ["judged", "judged", "measured", "measured", "corrected", "redefined", "overridden", "achieved", "regressed",
         "carried", "reworded", "reported", "ended", "said", "said", "asked", "asked",
         "linked", "looked_at"]  # fmt: skip
EVENT = st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.sampled_from(CLASSES), DAYS, st.integers(0, 120))
EDIT = st.tuples(st.sampled_from(["said", "asked"]), st.integers(0, 2), st.sampled_from(CLASSES))
FEW = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


class TestWhateverWasRecorded:
    def test_what_was_known_on_a_day_never_changes_and_classes_add_up(self, here: Any) -> None:
        of = Country(here)

        @FEW
        @given(before=st.lists(EVENT, max_size=6), after=st.lists(EVENT, min_size=1, max_size=6), on=DAYS)
        def check(before: Any, after: Any, on: date) -> None:
            with transaction.atomic():
                for event in before:
                    of.record(*event)
                known = of.answer(on, on)
                for event in after:
                    if min(event[3] + timedelta(event[4]), TODAY) > on:
                        of.record(*event)
                assert of.answer(on, on) == known
                adds_up(known[0])
                assert_values_rebuilt()
                transaction.set_rollback(True)

        check()

    def test_what_is_edited_later_changes_no_answer_of_a_day_before(self, here: Any) -> None:
        """Whatever a person types into the pages of a benchmark or an indicator, today."""
        of = Country(here)

        @FEW
        @given(before=st.lists(EVENT, max_size=4), edits=st.lists(EDIT, min_size=1, max_size=4), on=DAYS)
        def check(before: Any, edits: Any, on: date) -> None:
            with transaction.atomic():
                for event in before:
                    of.record(*event)
                known = of.answer(on, on)
                for kind, place, judged in edits:
                    of.record(kind, place, judged, TODAY, 0)
                assert of.answer(on, on) == known
                assert_values_rebuilt()
                transaction.set_rollback(True)

        check()

    def test_a_class_that_is_not_known_any_more_makes_no_benchmark_better(self, here: Any) -> None:
        of = Country(here)
        of.its = [of.its[0], country.indicator(of.its[0].benchmark), country.indicator(of.its[0].benchmark)]

        @FEW
        @given(classes=st.tuples(*[st.sampled_from(KNOWN)] * 3), place=st.integers(0, 2))
        def check(classes: Any, place: int) -> None:
            with transaction.atomic():
                for number, judged in enumerate(classes):
                    of.record("judged", number, judged, START, 0)
                was = standing(of)
                of.record("judged", place, "no_update_expected", START + timedelta(30), 0)
                now = standing(of)
                assert rank(now["class"]) >= rank(was["class"])
                assert now["class"] == "not_assessed"
                transaction.set_rollback(True)

        check()


def standing(of: Country) -> Any:
    found = readiness_of(of.here, user=console(), now=NOW)["benchmarks"]
    return next(one for one in found if one["code"] == of.its[0].benchmark.code)


def adds_up(found: Any) -> None:
    """Each indicator is counted once: by class, by what is measured, by benchmark and by pillar."""
    counts, total = found["indicators"], found["indicators"]["total"]
    assert sum(counts["by_class"].values()) == total
    assert counts["met"] + counts["not_met"] + counts["unknown"] == total
    for groups in (found["benchmarks"], found["pillars"]):
        assert sum(sum(one["by_class"].values()) for one in groups) == total
    gap = found["gap_at_end_date"]
    assert len(gap["carried_over"]) == gap["not_met"] + gap["unknown"]
