"""The catalogue of notifications (domain catalogue, section N): row by row from event to message, by passing the clock.

`HERE` names the tests of each row, `NOT_YET` says of each other one why it cannot happen.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps

from benchmarks.assessing import assess
from benchmarks.models import Indicator
from tests import country, world
from tests.filled import filled
from tests.reminders.cast import NOW, SIDES, TODAY, Cast, cast, heard, is_urgent, ladder, letter, on, swept
from transitions.access.permissions import Role
from transitions.handovers.agreement import accept, write_text
from transitions.handovers.conditions import Asked
from transitions.handovers.follow_ups import answer
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import Dimension, FollowUp, Handover, Incident, Level, MandatedTask, RecipientKind
from transitions.handovers.recipients import assess as assess_recipient
from transitions.handovers.recipients import change_recipient, propose
from transitions.missions.instruments import record_instrument
from transitions.missions.models import Effect, FollowUpCheck, MandateInstrument, ResidualObligation
from transitions.outbox.kinds import NoLonger, letters
from transitions.outbox.models import Message
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
DUE = date(2020, 12, 1)
ITEM = (-31, -30, -29, -14, -7, -1, 0, 1, 2, 7, 8, 14, 15)  # days on which something, or nothing, is to be said
STEP = "workflow.step_taken"
KINDS = {
    "country_team": RecipientKind.COUNTRY_TEAM, "government": RecipientKind.NATIONAL, "mission": RecipientKind.SUCCESSOR
}  # fmt: skip


@pytest.fixture
def it() -> Cast:
    return cast()


class TestAnInstrumentThatMovesTheEnd:
    @pytest.fixture(autouse=True)
    def recorded(self, it: Cast) -> None:
        self.move(it, date(2019, 10, 31), date(2020, 10, 31))
        self.items = {side: world.milestone(it.here, due_on=DUE, **it.owned(side)) for side in SIDES}
        world.milestone(it.here, due_on=date(2020, 10, 15), code="BEFORE", owner=it["support"])
        Message.objects.all().delete()
        self.move(it, TODAY, date(2021, 3, 31))

    def move(self, it: Cast, adopted: date, until: date) -> None:
        made = MandateInstrument(mission=it.here.mission, symbol=f"S/{adopted}", body="Council", adopted_on=adopted)
        effect = Effect(kind=Effect.Kind.MANDATE_EXPIRY, date=until, basis="fixed")
        record_instrument(made, [effect], by=world.founder(), now=NOW, source="a source")

    def test_is_told_at_once_to_who_decides_with_the_list(self, it: Cast) -> None:
        kind = "calendar.instrument_touches"
        said = letter(kind, it["coordinator"]).text
        assert all(str(item) in said for item in self.items.values())
        assert "BEFORE" not in said
        assert {message.due_at for message in Message.objects.all()} == {NOW}
        assert is_urgent(kind)
        assert heard(it, kind) == {"planner", "coordinator", "desk"}

    def test_is_told_at_once_to_all_owners_each_of_their_own(self, it: Cast) -> None:
        kind = "calendar.instrument_touches_yours"
        for side in SIDES:
            said = letter(kind, it[f"owner on {side}"]).text
            assert [other for other, item in self.items.items() if str(item) in said] == [side]
        assert is_urgent(kind)
        assert heard(it, kind) == {f"owner on {side}" for side in SIDES}

    def test_is_told_no_owner_any_more_once_theirs_is_dropped(self, it: Cast) -> None:
        take(self.items["mission"], "drop", by=it["planner"], now=NOW, reason="over")
        mine = Message.objects.filter(kind="calendar.instrument_touches_yours", recipient=it["owner on mission"])
        assert [type(one) for one in letters(mine, now=NOW).values()] == [NoLonger]


class TestAnItemThatIsDue:
    @pytest.mark.parametrize(
        ("side", "week", "fortnight"),
        [
            ("mission", "lead", "deputy"),
            ("country_team", "head on country_team", "coordinator"),
            ("government", "owner on country_team", "coordinator"),  # a focal point of the country team
        ],
    )
    def test_is_told_to_its_owner_and_climbs_on_its_own_side(
        self, it: Cast, side: str, week: str, fortnight: str
    ) -> None:
        world.milestone(it.here, due_on=DUE, hard=True, **it.owned(side))
        owner = {f"owner on {side}"}
        assert ladder(it, "calendar.milestone_due", DUE, *ITEM) == {
            -30: owner, -14: owner, -7: owner, -1: owner, 0: owner, 1: owner, 7: {week}, 14: {fortnight},
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("side", "week"), [("mission", "lead"), ("country_team", "coordinator"), ("government", "coordinator")]
    )
    def test_of_a_handover_is_told_likewise_and_goes_no_further_up(self, it: Cast, side: str, week: str) -> None:
        task = MandatedTask.objects.create(transition=it.here, code="T", title="Courts", pillar=it.pillar)
        given = it.owned(side)
        del given["pillar"]
        propose([Handover(transition=it.here, code="H", task=task, planned_on=DUE, **given)], by=it["planner"], now=NOW)
        owner = {f"owner on {side}"}
        assert ladder(it, "handovers.handover_due", DUE, *ITEM) == {
            -30: owner, -14: owner, -7: owner, -1: owner, 0: owner, 1: owner, 7: {week},
        }  # fmt: skip

    @pytest.mark.parametrize("side", SIDES)
    @pytest.mark.parametrize(
        ("model", "kind"),
        [(ResidualObligation, "missions.obligation_due"), (FollowUpCheck, "missions.follow_up_check_due")],
    )
    def test_of_what_remains_after_the_mission_climbs_to_who_remains(
        self, it: Cast, model: Any, kind: str, side: str
    ) -> None:
        given = it.owned(side)
        del given["pillar"]
        item = model.objects.create(transition=it.here, title="The lease of the base", due_on=DUE, **given)
        owner = {f"owner on {side}"}
        assert ladder(it, kind, DUE, *ITEM) == {
            -30: owner, -14: owner, -7: owner, -1: owner, 0: owner, 1: owner, 7: {"coordinator"}, 14: {"desk"},
        }  # fmt: skip
        assert "The lease of the base" in letter(kind, it["desk"], on(DUE)).subject
        item.done_on = DUE
        item.save()
        assert {type(one) for one in letters(Message.objects.filter(kind=kind), now=NOW).values()} == {NoLonger}

    def test_of_a_transition_that_was_called_off_is_told_to_nobody(self, it: Cast) -> None:
        filled(ResidualObligation, it.here, due_on=DUE)
        type(it.here).objects.update(state="cancelled")
        assert not swept(it, "missions.obligation_due", DUE)


def measured(it: Cast, side: str = "mission", *, every: int = 90, **fields: Any) -> Indicator:
    """An indicator of which somebody on a side provides the data, and owns the benchmark."""
    of = country.benchmark(it.here, **it.owned(side), **fields)
    made = country.indicator(of, measured_every=every)
    Indicator.objects.filter(pk=made.pk).update(
        provider=it.people.get(f"provider on {side}", it["provider"]), verifier=it["verifier"]
    )
    made.refresh_from_db()
    return made


class TestAnAssessmentPeriod:
    @pytest.mark.parametrize("side", SIDES)
    def test_opens_and_is_late(self, it: Cast, side: str) -> None:
        it.people[f"provider on {side}"] = world.person(it["owner on " + side].grants.get().role, it.here,
                                                        at=it.offices[side])  # fmt: skip
        made = measured(it, side)
        country.judged(made, "on_track", date(2020, 9, 2))
        first = {f"provider on {side}", "verifier"}
        assert ladder(it, "benchmarks.assessment_due", DUE, -15, -14, -13, -5, 0, 1, 2, 3, 9, 10, 11) == {
            -14: first, -5: first, 1: first, 3: {f"owner on {side}"}, 10: {"planner"},
        }  # fmt: skip

    def test_is_over_with_what_is_submitted_and_owed_again_with_what_is_returned(self, it: Cast) -> None:
        made = measured(it)
        country.judged(made, "on_track", date(2020, 9, 2))
        assert swept(it, "benchmarks.assessment_due", DUE - timedelta(days=5))
        draft = assess(made, "on_track", as_of=date(2020, 11, 28), by=it["provider"], now=on(date(2020, 11, 28)))
        assert swept(it, "benchmarks.assessment_due", DUE + timedelta(days=1))
        take(draft, "submit", by=it["provider"], now=on(date(2020, 11, 29)))
        assert not swept(it, "benchmarks.assessment_due", DUE + timedelta(days=3))
        queued = Message.objects.filter(kind="benchmarks.assessment_due")
        assert {type(one) for one in letters(queued, now=NOW).values()} == {NoLonger}
        take(draft, "return", by=it["verifier"], now=on(date(2020, 11, 30)), reason="the number?")
        assert swept(it, "benchmarks.assessment_due", DUE + timedelta(days=4)) == {
            ("owner on mission", 3), ("provider", 1), ("verifier", 1),  # what had not left was withdrawn meanwhile
        }  # fmt: skip

    def test_is_counted_from_the_definition_of_what_was_never_assessed(self, it: Cast) -> None:
        of = country.benchmark(it.here, **it.owned("mission"))
        made = country.indicator(of, since=country.Fact("S/2020/9", date(2020, 9, 2), date(2020, 9, 2)))
        made.refresh_from_db()
        assert made.owed_on == DUE

    @pytest.mark.parametrize(
        "over", ["retire", "cancelled", "closed", "liquidating"]
    )  # its benchmark, or its transition
    def test_is_none_of_what_is_over_nor_what_was_queued_before(self, it: Cast, over: str) -> None:
        made = measured(it)
        country.judged(made, "on_track", date(2020, 9, 2))
        assert swept(it, "benchmarks.assessment_due", DUE - timedelta(days=5))
        if over == "retire":
            take(made.benchmark, "retire", by=it["planner"], now=NOW, reason="merged")
        else:
            type(it.here).objects.update(state=over)
        assert not swept(it, "benchmarks.assessment_due", DUE + timedelta(days=1))
        queued = Message.objects.filter(kind="benchmarks.assessment_due")
        assert {type(one) for one in letters(queued, now=NOW).values()} == {NoLonger}

    def test_is_quiet_in_a_pause_of_its_pillar(self, it: Cast) -> None:
        country.judged(measured(it), "on_track", date(2020, 9, 2))
        world.pause(it.here, pillar=it.pillar)
        assert not swept(it, "benchmarks.assessment_due", DUE)
        assert Message.objects.filter(kind="benchmarks.assessment_due", suppressed_at__isnull=False).exists()


HEADS = {"head", "coordinator", "desk"}


class TestWhatStandsWorse:
    @pytest.mark.parametrize("side", SIDES)
    def test_of_a_condition_for_exit_is_told_at_once_to_owner_lead_and_heads(self, it: Cast, side: str) -> None:
        made = measured(it, side)
        country.verified(made, "on_track", date(2020, 8, 1))
        country.verified(made, "positive", date(2020, 9, 1))
        assert is_urgent("benchmarks.fell")
        assert heard(it, "benchmarks.fell") == {f"owner on {side}", "lead", *HEADS}
        country.verified(made, "descending", date(2020, 9, 2))
        assert is_urgent("benchmarks.worsened")
        assert heard(it, "benchmarks.worsened") == {f"owner on {side}", "lead", *HEADS}

    def test_of_another_benchmark_is_told_to_owner_and_lead(self, it: Cast) -> None:
        made = measured(it, condition_for_exit=False)
        country.verified(made, "on_track", date(2020, 8, 1))
        country.verified(made, "positive", date(2020, 9, 1))
        assert heard(it, "benchmarks.fell") == set()
        assert heard(it, "benchmarks.worsened") == {"owner on mission", "lead"}

    def test_of_what_became_better_or_unknown_is_told_to_nobody(self, it: Cast) -> None:
        made = measured(it)
        country.verified(made, "stagnating", date(2020, 8, 1))
        country.verified(made, "positive", date(2020, 9, 1))
        country.verified(made, "no_update_expected", date(2020, 9, 2))
        assert heard(it, "benchmarks.worsened") == heard(it, "benchmarks.fell") == set()

    def test_that_was_achieved_is_told_by_the_step_that_takes_it_back(self, it: Cast) -> None:
        made = measured(it, state="achieved")
        take(made.benchmark, "regress", by=it["planner"], now=NOW, reason="riots")
        assert heard(it, "benchmarks.fell") == {"owner on mission", "lead", *HEADS}


class TestWhatIsNotCollectedTwiceRunning:
    def not_collected(self, of: Indicator, *days: date) -> None:
        for day in days:
            country.value(of, None, day, quality="not_collected")

    @pytest.mark.parametrize("side", SIDES)
    def test_is_told_at_once_to_owner_and_lead_and_of_a_condition_to_the_heads(self, it: Cast, side: str) -> None:
        for exits, more in ((True, HEADS), (False, set())):
            made = measured(it, side, condition_for_exit=exits)
            self.not_collected(made, date(2020, 4, 1))
            assert heard(it, "benchmarks.not_collected") == set()
            self.not_collected(made, date(2020, 7, 1))
            assert "1 April 2020 and 1 July 2020" in letter("benchmarks.not_collected", it["lead"]).text
            assert heard(it, "benchmarks.not_collected") == {f"owner on {side}", "lead", *more}
        assert is_urgent("benchmarks.not_collected")

    def test_is_not_told_where_there_is_a_value_between_or_by_now(self, it: Cast) -> None:
        made = measured(it)
        self.not_collected(made, date(2020, 4, 1))
        country.value(made, 60, date(2020, 5, 1))
        self.not_collected(made, date(2020, 7, 1))
        assert heard(it, "benchmarks.not_collected") == set()
        self.not_collected(made, date(2020, 8, 1))
        country.value(made, 60, date(2020, 9, 1))
        queued = Message.objects.filter(kind="benchmarks.not_collected")
        assert {type(one) for one in letters(queued, now=NOW).values()} == {NoLonger}

    def test_that_was_told_is_not_told_again_by_a_value_of_something_else(self, it: Cast) -> None:
        made, other = measured(it), measured(it)
        self.not_collected(made, date(2020, 4, 1), date(2020, 7, 1))
        before = set(Message.objects.values_list("pk", flat=True))
        self.not_collected(other, date(2020, 7, 1))
        assert set(Message.objects.filter(kind="benchmarks.not_collected").values_list("pk", flat=True)) <= before


class TestAnAssessmentThatIsSubmitted:
    @pytest.mark.parametrize("named", [True, False])
    def test_waits_for_its_verifier_five_working_days_then_the_planner_hears(self, it: Cast, named: bool) -> None:
        made = measured(it)
        if not named:  # whoever verifies here
            Indicator.objects.update(verifier=None)
            made.refresh_from_db()
        draft = assess(made, "on_track", as_of=TODAY, by=it["provider"], now=NOW)
        take(draft, "submit", by=it["provider"], now=NOW)
        assert heard(it, STEP) == {"verifier"}
        due = TODAY + timedelta(days=7)
        assert ladder(it, "benchmarks.verification_due", due, -7, -2, 0, 1, 2, 3, 9, 10, 11) == {
            -2: {"verifier"}, 1: {"verifier"}, 3: {"planner"}, 10: {"planner"}
        }  # fmt: skip

    def test_is_told_of_no_more_once_it_is_returned_or_verified(self, it: Cast) -> None:
        draft = assess(measured(it), "on_track", as_of=TODAY, by=it["provider"], now=NOW)
        for step, name in (("return", "provider"), ("verify", "provider")):
            take(draft, "submit", by=it["provider"], now=NOW)
            heard(it, STEP)
            take(draft, step, by=it["verifier"], now=NOW, reason="the number?")
            assert heard(it, STEP) == {name, *(["owner on mission"] if step == "verify" else [])}
            assert not swept(it, "benchmarks.verification_due", TODAY + timedelta(days=20))


def offered(it: Cast, side: str) -> Handover:
    task = MandatedTask.objects.create(transition=it.here, code="T", title="Courts")
    [made] = propose(
        [Handover(transition=it.here, code="H", task=task, recipient_kind=KINDS[side], owner=it["support"],
                  recipient_office=it.offices[side])],
        by=it["planner"], now=NOW,
    )  # fmt: skip
    take(made, "prepare", by=it["planner"], now=NOW)
    made.package.update(provided_on=TODAY)
    write_text(made, "The courts of three towns.", by=it["planner"], now=NOW)
    assess_recipient(made, Dimension.STAFF, Level.READY, evidence="seen", by=it["planner"], now=NOW)
    Message.objects.all().delete()
    take(made, "offer", by=it["support"], now=NOW)
    return made


def theirs(side: str) -> set[str]:
    return {f"owner on {side}", f"head on {side}"}


RECEIVING = [side for side in SIDES if side != "mission"]


class TestAnOffer:
    @pytest.mark.parametrize("side", RECEIVING)
    def test_is_told_to_the_recipient_the_planner_and_the_head_and_its_answer_is_due_in_ten_days(
        self, it: Cast, side: str
    ) -> None:
        offered(it, side)
        assert heard(it, STEP) == {*theirs(side), "planner", "head"}
        due, first = TODAY + timedelta(days=10), f"head on {side}"
        assert ladder(it, "handovers.answer_due", due, -10, -4, -3, -1, 0, 1, 7, 14, 15) == {
            -3: {first}, 0: {first, "planner"}, 7: {first, "planner"}, 14: {"coordinator"}
        }  # fmt: skip

    @pytest.mark.parametrize("side", RECEIVING)
    def test_that_is_accepted_with_conditions_or_refused_is_told_to_both_sides_planner_and_head(
        self, it: Cast, side: str
    ) -> None:
        focal = it[f"owner on {side}"]
        made = offered(it, side)
        heard(it, STEP)
        accept(made, by=focal, now=NOW, conditions=[Asked("Two vehicles", DUE, owner=it["support"])])
        assert heard(it, STEP) == {f"head on {side}", "support", "planner", "head"}
        assert ladder(it, "handovers.condition_due", DUE, -8, -7, -1, 0, 1, 2, 7, 8) == {
            -7: {"support"}, 0: {"support"}, 1: {"support", f"head on {side}"}, 7: {"support", f"head on {side}"},
        }  # fmt: skip

    @pytest.mark.parametrize("side", RECEIVING)
    def test_that_is_refused_is_told_to_both_sides_planner_and_head(self, it: Cast, side: str) -> None:
        made = offered(it, side)
        heard(it, STEP)
        take(made, "refuse", by=it[f"owner on {side}"], now=NOW, reason="no money")
        assert heard(it, STEP) == {f"head on {side}", "support", "planner", "head"}

    @pytest.mark.parametrize("side", RECEIVING)
    def test_that_was_accepted_and_gets_another_recipient_is_told_to_all_sides_head_and_desk(
        self, it: Cast, side: str
    ) -> None:
        made = offered(it, side)
        accept(made, by=it[f"owner on {side}"], now=NOW)
        Message.objects.all().delete()
        other = next(one for one in RECEIVING if one != side)
        change_recipient(made, kind=KINDS[other], office=it.offices[other], by=it["planner"], now=NOW, reason="decree")
        assert set(Message.objects.values_list("urgent", flat=True)) == {True}
        assert heard(it, STEP) == {*theirs(side), *theirs(other), "support", "head", "desk"}


class TestAFollowUp:
    @pytest.mark.parametrize("side", RECEIVING)
    def test_is_told_a_week_before_and_missed_to_the_coordinator(self, it: Cast, side: str) -> None:
        made = offered(it, side)
        accept(made, by=it[f"owner on {side}"], now=NOW)
        take(made, "transfer", by=it["planner"], now=NOW)
        first = f"head on {side}"
        for days in (30, 90, 180):
            due = FollowUp.objects.get(days=days).due_on
            assert ladder(it, "handovers.follow_up_due", due, -8, -7, -6, 0, 1, 7, 14) == {
                -7: {first, "coordinator", "planner"}, 0: {first}, 1: {"coordinator"}, 7: {first}, 14: {"coordinator"},
            }  # fmt: skip
            answer(FollowUp.objects.get(days=days), performed="yes", resources="yes", use_respected="yes",
                   by=it["planner"], now=on(due), source="visit")  # fmt: skip


class TestAnIncidentAfterAHandover:
    def test_is_told_at_once_to_mission_support_and_the_heads(self, it: Cast) -> None:
        made = offered(it, "government")
        accept(made, by=it["owner on government"], now=NOW)
        take(made, "transfer", by=it["planner"], now=NOW)
        Message.objects.all().delete()
        incident = Incident(transition=it.here, code="I-1", kind="looting", handover=made, text="All", source="press")
        record_incident(incident, by=it["planner"], now=NOW, happened_on=TODAY, known_from=TODAY)
        assert heard(it, "handovers.incident") == {"support", "planner", *HEADS}


HERE: dict[str, tuple[type, ...]] = {
    "mandate instrument changes end date": (TestAnInstrumentThatMovesTheEnd,),
    "item due": (TestAnItemThatIsDue,),
    "assessment period opens / late": (TestAnAssessmentPeriod,),
    "status worsens / regression": (TestWhatStandsWorse,),
    "not collected twice running": (TestWhatIsNotCollectedTwiceRunning,),
    "assessment submitted / returned / verified": (TestAnAssessmentThatIsSubmitted,),
    "handover offered / conditions / refused / recipient changed": (TestAnOffer,),
    "handover follow-up due (30/90/180)": (TestAFollowUp,),
    "site: incident after handover": (TestAnIncidentAfterAHandover,),
}
NOT_YET: dict[str, tuple[str, set[str]]] = {  # why, and the models that there would be
    "site: risk unmitigated at T-30; clearance missing at T-14": (
        "a site is here only as something that is handed over: it has no closing day, no risks and no clearances",
        {"sitestep", "clearance", "closure"},
    ),
    "agreement expiry, report late, signature pending": (
        "agreements are no records: their dates are items of the calendar, of kind “agreement” or “report due”",
        {"agreement", "agreementreport"},
    ),
    "cliff detected / pledge withdrawn / line ends with open tasks": (
        "there are no funding lines", {"fundingline", "pledge"},
    ),
    "reallocation requested / approved": ("there are no funding lines", {"reallocation"}),
    "risk raised to high / trigger fired": ("there is no register of risks", {"risk", "trigger"}),
    "review T-45 pack due; decision issued; action overdue": (
        "reviews are dates of the calendar, of kind “review”: they have no packs, decisions or actions",
        {"review", "decision", "action"},
    ),
    "lesson proposed / applicable to new phase": ("there are no lessons", {"lesson"}),
}  # fmt: skip
NO_SUCH_ROLE = {
    "legal": "where the recipient of a handover changes, the headquarters desk hears",
    "protection lead": "of an incident the heads, the planners and mission support hear",
    "chief of staff": "nobody holds it: reviews come later",
}


class TestWhatCannotHappenYet:
    @pytest.mark.parametrize("row", NOT_YET)
    def test_has_no_things_that_it_could_happen_to(self, row: str) -> None:
        """Once there are some, this row asks for rules, messages and tests."""
        there = {model._meta.model_name for model in apps.get_models()}
        assert not there & NOT_YET[row][1], row

    @pytest.mark.parametrize("role", NO_SUCH_ROLE)
    def test_has_nobody_of_that_name_to_tell(self, role: str) -> None:
        assert role not in {str(one.label) for one in Role}
