"""A person's week: what is theirs and their office's, what waits for them, what stands with others, what changed."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from benchmarks.assessing import assess
from benchmarks.models import Benchmark
from tests import country, world
from tests.filled import filled
from tests.resolution import recorded
from tests.situations import ready
from transitions.access.models import User
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.calendar.settling import KEEP, Choice, settle
from transitions.calendar.versions import approve_version
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept, write_text
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import AgreedText, Condition, FollowUp, Handover, Incident, MandatedTask
from transitions.handovers.plans import plan
from transitions.handovers.recipients import change_recipient
from transitions.missions.models import FollowUpCheck, ResidualObligation
from transitions.status.models import Visit
from transitions.status.my_week import MyWeek, changes_of, week_of
from transitions.status.visits import AT_FIRST, look
from transitions.workflow.asked import may_take_it
from transitions.workflow.checks import check_person, step_of
from transitions.workflow.engine import Fact, sign, take
from transitions.workflow.lifecycles import Lifecycle
from transitions.workflow.models import OpenItem, StateChange

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.TODAY
MINE = "mine"  # a title to be looked for


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


@pytest.fixture
def office(here: Any) -> Any:
    return world.office(here)


@pytest.fixture
def me(here: Any, office: Any) -> User:
    """Of the country team: works on what its office owns, and plans nothing."""
    return world.person(Role.UNCT_FOCAL_POINT, here, at=office)


def on(days: int) -> date:
    return TODAY + timedelta(days=days)


def week(user: User, now: datetime = NOW) -> MyWeek:
    return week_of(User.objects.get(pk=user.pk), now=now)


def names(part: Any) -> list[str]:
    return [row.what for row in part.rows]


def asks(user: User, now: datetime = NOW) -> list[str]:
    return [row.ask for row in week(user, now).asked.rows]


def everything(user: User, now: datetime = NOW) -> list[str]:
    it = week(user, now)
    parts = (it.overdue, it.asked, it.soon, it.later, it.standing)
    return [row.what for part in parts for row in part.rows]


class TestWhatIsDue:
    @pytest.mark.parametrize(
        ("days", "part"), [(-1, "overdue"), (0, "soon"), (6, "soon"), (7, "later"), (34, "later"), (36, None)]
    )
    def test_is_overdue_this_week_or_folded(self, me: User, here: Any, days: int, part: str | None) -> None:
        it = world.milestone(here, due_on=on(days), owner=me)
        found = [name for name in ("overdue", "asked", "soon", "later", "standing") if names(getattr(week(me), name))]
        assert found == ([part] if part else [])
        if part:
            [row] = getattr(week(me), part).rows
            assert (row.what, row.whose, row.left) == (str(it), "yours", days)

    def test_is_my_office_s_too_and_nobody_else_s(self, me: User, here: Any, office: Any) -> None:
        theirs = world.milestone(here, due_on=TODAY, owner_office=office)
        world.milestone(here, due_on=TODAY, owner_office=world.office(here))
        world.milestone(here, due_on=TODAY, owner=world.person(Role.PLANNER, here))
        world.milestone(here, due_on=TODAY)
        assert everything(me) == [str(theirs)]
        assert week(me).soon.rows[0].whose == office.name

    def test_in_every_transition_where_i_work_and_in_no_other(self, me: User, here: Any) -> None:
        also, never = world.transition("under_way"), world.transition("under_way")
        world.grant(me, Role.UNCT_FOCAL_POINT, also)
        its = {str(world.milestone(one, due_on=TODAY, owner=me)) for one in (here, also)}
        world.milestone(never, due_on=TODAY, owner=me)
        assert set(everything(me)) == its

    def test_counts_the_days_of_its_transition_s_own_zone(self, me: User, here: Any) -> None:
        west = world.transition("under_way", time_zone="America/Port-au-Prince")
        world.grant(me, Role.UNCT_FOCAL_POINT, west)
        east_one, west_one = (world.milestone(one, due_on=TODAY, owner=me) for one in (here, west))
        late = datetime(2020, 10, 1, 22, 30, tzinfo=UTC)  # half past midnight in Khartoum
        assert names(week(me, late).overdue) == [str(east_one)]
        assert names(week(me, late).soon) == [str(west_one)]
        assert names(week(me, late + timedelta(hours=6)).overdue) == sorted([str(east_one), str(west_one)])

    def test_is_not_shown_above_my_clearance(self, here: Any, office: Any) -> None:
        open_to = {
            role: world.person(role, here, at=office) for role in (Role.GOVERNMENT_FOCAL_POINT, Role.UNCT_FOCAL_POINT)
        }
        world.milestone(here, due_on=TODAY, owner_office=office, marking=Marking.CONFIDENTIAL)
        world.handover(here, planned_on=TODAY, owner_office=office, marking=Marking.CONFIDENTIAL)
        assert everything(open_to[Role.GOVERNMENT_FOCAL_POINT]) == []
        assert len(everything(open_to[Role.UNCT_FOCAL_POINT])) == 2

    def test_goes_when_it_is_done(self, me: User, here: Any) -> None:
        it = world.milestone(here, due_on=on(-3), owner=me)
        assert names(week(me).overdue) == [str(it)]
        take(it, "finish", by=me, now=NOW)
        assert everything(me) == []

    def test_is_the_officer_in_charge_s_while_the_other_is_away(self, here: Any, office: Any) -> None:
        stand_in = world.person(
            Role.PILLAR_LEAD, here, at=office, acting=True, from_date=TODAY, until=on(2), pillar=None
        )
        it = world.milestone(here, due_on=on(20), owner_office=office)
        assert [everything(stand_in, NOW + timedelta(days=days)) for days in (-1, 0, 2, 3)] == [
            [], [str(it)], [str(it)], [],
        ]  # fmt: skip

    def test_has_a_button_where_one_step_settles_it(self, me: User, here: Any) -> None:
        world.milestone(here, due_on=TODAY, owner=me, code="SOFT")
        world.milestone(here, due_on=TODAY, owner=me, code="HARD", hard=True)
        rows = {row.what.split()[0]: row for row in week(me).soon.rows}
        assert rows["SOFT"].act.step == "finish"
        assert rows["HARD"].act is None
        assert rows["HARD"].place.endswith("#tr-steps")

    def test_has_no_button_for_who_only_reads(self, here: Any, office: Any) -> None:
        world.milestone(here, due_on=TODAY, owner_office=office)
        assert week(world.person(Role.AUDITOR, here, at=office)).soon.rows[0].act is None

    def test_of_handovers_is_the_day_that_is_planned(self, me: User, here: Any, office: Any) -> None:
        it = world.handover(here, planned_on=on(-2), owner_office=office)
        world.handover(here, planned_on=on(-2), recipient_kind="country_team", recipient_office=office)
        [row] = week(me).overdue.rows
        assert (row.what, row.ask, row.when) == (str(it), "Prepare it", "2 days late")
        take(it, "end_without_handover", by=world.founder(), now=NOW, reason="x")
        assert everything(me) == []

    def test_of_conditions_is_their_owner_s_else_the_handing_over_side_s(
        self, me: User, here: Any, office: Any
    ) -> None:
        other = world.office(here)
        theirs = world.handover(here, planned_on=None, owner_office=other)
        ours = world.handover(here, planned_on=None, owner_office=office)
        for of, sentence, owner in ((theirs, "Two vehicles", office), (ours, "A roof", None), (ours, "Fuel", other)):
            Condition.objects.create(handover=of, sentence=sentence, due_on=on(1), owner_office=owner)
        Condition.objects.create(handover=ours, sentence="Met", due_on=on(1), met_on=TODAY, source="seen")
        assert {row.ask for row in week(me).soon.rows} == {"Condition: Two vehicles", "Condition: A roof"}
        [row] = week(me).standing.rows
        assert (row.ask, row.whose) == ("Condition: Fuel", str(other))

    def test_of_follow_ups_is_the_recipient_s_and_once_missed_the_coordinator_s(
        self, me: User, here: Any, office: Any
    ) -> None:
        coordinator = world.person(Role.RESIDENT_COORDINATOR, here)
        it = world.handover(here, planned_on=None, recipient_kind="country_team", recipient_office=office)
        FollowUp.objects.create(handover=it, days=30, due_on=on(1))
        asked = ["Follow-up after 30 days: answer it"]
        assert [row.ask for row in week(me).soon.rows] == asked
        assert everything(coordinator) == []
        late = NOW + timedelta(days=3)
        assert [row.ask for row in week(me, late).overdue.rows] == asked
        assert [row.ask for row in week(coordinator, late).overdue.rows] == asked
        stranger = world.person(Role.RESIDENT_COORDINATOR, world.transition())
        assert everything(stranger, late) == []

    def test_of_follow_ups_that_were_never_answered_is_one_row(self, me: User, here: Any, office: Any) -> None:
        for days in (30, 90):
            it = world.handover(here, planned_on=None, recipient_kind="country_team", recipient_office=office)
            FollowUp.objects.create(handover=it, days=days, due_on=on(-days))
            FollowUp.objects.create(handover=it, days=days * 2, due_on=on(-61 - days))
        rows = week(me).overdue.rows
        assert [row.what for row in rows] == ["3 follow-ups never answered", rows[1].what]
        assert (rows[0].day, rows[1].left) == (on(-151), -30)
        assert rows[0].place.endswith(f"?handover__transition__id__exact={here.pk}&answered_on__isempty=1")

    def test_of_tasks_is_the_day_for_naming_a_recipient(self, me: User, here: Any, office: Any) -> None:
        fields = {"transition": here, "title": "Courts", "naming_due_on": on(2)}
        it = MandatedTask.objects.create(code="T-1", naming_office=office, **fields)
        MandatedTask.objects.create(code="T-2", naming_office=world.office(here), **fields)
        MandatedTask.objects.create(code="T-3", naming_office=office, continues="no", **fields)
        assert everything(me) == ["T-1 Courts"]
        world.handover(here, task=it, recipient_kind="community", planned_on=None)
        assert everything(me) == []

    def test_of_what_remains_after_the_mission(self, me: User, here: Any, office: Any) -> None:
        for model, title in ((ResidualObligation, "A claim"), (FollowUpCheck, "A look")):
            model.objects.create(transition=here, title=title, owner_office=office, due_on=on(1))
            model.objects.create(transition=here, title="done", owner=me, due_on=on(1), done_on=TODAY)
        change = StateChange.objects.filter(transition=here).first()
        about = {"transition": here, "change": change, "thing_type": "missions.transition", "thing_id": here.pk}
        OpenItem.objects.create(**about, code="x", sentence="A lease", residual_office=office, due_on=on(1))
        OpenItem.objects.create(**about, code="x", sentence="Theirs", residual_office=world.office(here), due_on=on(1))
        assert set(everything(me)) == {"A claim", "A look", "A lease"}

    def test_of_indicators_is_one_frequency_after_the_last_judgement(self, here: Any) -> None:
        provider = world.person(Role.PROVIDER, here)
        it = country.indicator(country.benchmark(here), measured_every=30)
        type(it).objects.filter(pk=it.pk).update(provider=provider)
        assert everything(provider) == []
        country.judged(it, "positive", on(-32))
        [row] = week(provider).overdue.rows
        assert (row.what, row.when) == (f"Indicator {it.code}", "2 days late")
        country.judged(it, "positive", on(-1))
        assert names(week(provider).later) == [f"Indicator {it.code}"]


@pytest.fixture
def sides(here: Any) -> SimpleNamespace:
    """A handover that a planner has offered to an office."""
    ours, theirs = world.office(here, name="Rule of law"), world.office(here, "country_team", name="UNDP")
    planner = world.person(Role.PLANNER, here, at=ours)
    it = world.handover(here, owner_office=ours, recipient_kind="country_team", recipient_office=theirs,
                        planned_on=on(90))  # fmt: skip
    filled(AgreedText, here, handover=it, number=1)
    take(it, "prepare", by=planner, now=NOW)
    take(it, "offer", by=planner, now=NOW, despite=Fact("note verbale", TODAY))
    return SimpleNamespace(it=it, ours=ours, theirs=theirs, planner=planner)


class TestWhatWaitsForMe:
    def test_is_an_offer_to_my_office_until_it_is_answered(self, here: Any, sides: Any) -> None:
        me = world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs)
        [row] = week(me).asked.rows
        assert (row.what, row.ask, row.day) == (str(sides.it), "Answer the offer", on(10))
        assert row.place == reverse("admin:handovers_handover_change", args=[sides.it.pk]) + "#ho-answer"
        for other in (
            world.person(Role.UNCT_FOCAL_POINT, here),
            world.person(Role.AUDITOR, here, at=sides.theirs),
            world.person(Role.UNCT_FOCAL_POINT, world.transition()),
        ):
            assert everything(other) == []
        assert names(week(me, NOW + timedelta(days=11)).overdue) == [str(sides.it)]  # and it is not said twice
        assert asks(me, NOW + timedelta(days=11)) == []
        accept(sides.it, by=me, now=NOW)
        assert everything(me) == []

    def test_is_no_offer_that_i_made_myself(self, sides: Any, here: Any) -> None:
        world.grant(sides.planner, Role.UNCT_FOCAL_POINT, here, at=sides.theirs)
        assert asks(sides.planner) == []

    def test_is_a_refusal_for_who_may_name_another(self, here: Any, sides: Any) -> None:
        take(sides.it, "refuse", by=world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs), now=NOW, reason="no")
        assert asks(sides.planner) == ["Refused: name another recipient, or end it"]
        assert asks(world.person(Role.PLANNER, here)) == []  # it has an owner
        assert asks(world.person(Role.UNCT_FOCAL_POINT, here, at=sides.ours)) == []

    def test_is_what_came_back_void_until_it_is_offered_again(self, here: Any, sides: Any) -> None:
        world.person(Role.RESIDENT_COORDINATOR, here)
        void = "It came back: offer it again"
        write_text(sides.it, "Other words", by=sides.planner, now=NOW)
        [row] = week(sides.planner).asked.rows
        assert (row.what, row.ask) == (str(sides.it), void)
        assert row.place == reverse("admin:handovers_handover_change", args=[sides.it.pk]) + "#tr-steps"
        assert asks(world.person(Role.PLANNER, here)) == []  # it has an owner
        assert asks(world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs)) == []
        head = world.person(Role.HEAD_OF_MISSION, here)
        take(sides.it, "suspend", by=head, now=NOW, reason="looted")
        assert asks(sides.planner) == []
        take(sides.it, "resume", by=head, now=NOW)
        assert asks(sides.planner) == [void]
        take(sides.it, "offer", by=sides.planner, now=NOW, despite=Fact("note verbale", TODAY))
        assert asks(sides.planner) == []

    def test_is_no_second_row_of_what_is_owed_already(self, sides: Any) -> None:
        write_text(sides.it, "Other words", by=sides.planner, now=NOW)
        plan(sides.it, planned_on=on(3), by=sides.planner, now=NOW, reason="sooner")
        assert everything(sides.planner) == [str(sides.it)]
        assert asks(sides.planner) == []
        plan(sides.it, planned_on=None, by=sides.planner, now=NOW, reason="some day")
        assert asks(sides.planner) == ["It came back: offer it again"]

    def test_is_nothing_of_what_goes_to_nobody_any_more(self, sides: Any) -> None:
        change_recipient(sides.it, kind="nobody", by=sides.planner, now=NOW, reason="none is left")
        assert (sides.it.state, asks(sides.planner)) == ("preparing", [])

    def test_is_nothing_of_what_was_never_offered(self, here: Any, sides: Any) -> None:
        Handover.objects.update(owner_office=None)
        it = world.handover(here, state="proposed")
        take(it, "prepare", by=sides.planner, now=NOW)
        assert asks(sides.planner) == []

    def test_is_a_plan_to_sign_then_to_approve_by_who_may(self) -> None:
        here = ready("planning")
        head, coordinator, planner = (
            world.person(role, here) for role in (Role.HEAD_OF_MISSION, Role.RESIDENT_COORDINATOR, Role.PLANNER)
        )
        other = world.person(Role.HEAD_OF_MISSION, world.transition())
        assert asks(head) == ["Sign as head of mission: approve plan"]
        assert asks(planner) == asks(other) == []
        sign(here, "approve_plan", Role.HEAD_OF_MISSION, by=head, now=NOW)
        assert asks(head) == []
        assert asks(coordinator) == ["Sign as resident coordinator: approve plan"]
        [row] = week(head).standing.rows
        assert (row.what, row.whose, row.since) == (str(here), "resident coordinator", TODAY)
        sign(here, "approve_plan", Role.RESIDENT_COORDINATOR, by=coordinator, now=NOW)
        assert asks(head) == asks(planner) == ["Approve plan: everybody has signed"]
        assert everything(world.person(Role.PROVIDER, here)) == []
        take(here, "approve_plan", by=head, now=NOW)
        assert everything(head) == []

    def test_is_no_second_signature_of_one_person(self) -> None:
        here = ready("planning")
        both = world.person(Role.HEAD_OF_MISSION, here)
        world.grant(both, Role.RESIDENT_COORDINATOR, here)
        sign(here, "approve_plan", Role.HEAD_OF_MISSION, by=both, now=NOW)
        assert asks(both) == []

    def test_is_a_joint_benchmark_to_sign_within_my_clearance(self, here: Any) -> None:
        it = country.benchmark(here, state="proposed", basis="joint")
        country.benchmark(here, state="proposed")
        focal_point = world.person(Role.GOVERNMENT_FOCAL_POINT, here)
        assert names(week(focal_point).asked) == [str(it)]
        Benchmark.objects.filter(pk=it.pk).update(marking=Marking.CONFIDENTIAL)
        assert everything(focal_point) == []

    def test_is_an_assessment_of_somebody_else_to_verify(self, here: Any) -> None:
        provider, verifier = world.person(Role.PROVIDER, here), world.person(Role.VERIFIER, here)
        its = [country.indicator(country.benchmark(here)) for _ in range(2)]
        for one in its:
            take(assess(one, "positive", as_of=on(-9), by=provider, now=NOW), "submit", by=provider, now=NOW)
        [row] = week(verifier).asked.rows
        assert (row.what, row.ask) == ("Assessment of 2 indicators as of 22 September 2020", "Verify")
        assert row.place == reverse("benchmarks:round", args=[here.slug, "2020-09-22"])
        assert [one.whose for one in week(provider).standing.rows] == ["whoever verifies"]
        world.grant(provider, Role.VERIFIER, here)
        assert asks(provider) == []
        assert asks(world.person(Role.VERIFIER, world.transition())) == []
        for one in its:
            take(one.assessments.get(), "verify", by=verifier, now=NOW)
        assert asks(verifier) == []
        assert names(week(provider).standing) == []

    def test_is_my_own_draft_and_says_that_it_came_back(self, here: Any) -> None:
        provider, verifier = world.person(Role.PROVIDER, here), world.person(Role.VERIFIER, here)
        draft = assess(country.indicator(country.benchmark(here)), "positive", as_of=on(-9), by=provider, now=NOW)
        assert asks(provider) == ["Submit your draft"]
        assert asks(world.person(Role.PROVIDER, here)) == []
        take(draft, "submit", by=provider, now=NOW)
        assert asks(provider) == []
        country.returned(draft, verifier)
        assert asks(provider) == ["Returned to you: judge again and submit"]

    def test_is_a_calendar_without_an_approved_version(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        assert asks(head) == []  # there is nothing in it
        world.milestone(here)
        assert asks(head) == ["Approve its calendar: no version is approved"]
        assert asks(world.person(Role.PLANNER, here)) == []
        approve_version(here, by=head, now=NOW)
        assert asks(head) == []

    def test_is_a_list_of_what_an_instrument_touches_until_it_is_settled(self, here: Any) -> None:
        planner = world.person(Role.PLANNER, here)
        recorded(here, date(2019, 10, 31), date(2020, 10, 31))
        one = world.milestone(here, due_on=date(2020, 11, 15))
        world.milestone(here, due_on=date(2020, 11, 16))
        made = recorded(here, TODAY, date(2020, 12, 31))
        [row] = week(planner).asked.rows
        assert (row.what, row.ask) == (f"What {made} touches", "Re-date, keep or drop 2 items")
        assert row.place == reverse("admin:resolution_list", args=[made.pk, here.slug])
        assert asks(world.person(Role.HEAD_OF_MISSION, here)) == ["Approve its calendar: no version is approved"]
        item = here.affected_items.get(instrument=made, thing_id=one.pk)
        settle(here, [Choice(item, KEEP, "it stays")], by=planner, now=NOW)
        assert asks(planner) == ["Re-date, keep or drop 1 item"]
        here.milestones.update(marking=Marking.STRICTLY_CONFIDENTIAL)
        assert asks(world.person(Role.PILLAR_LEAD, here)) == []

    def test_is_an_incident_that_proposes_to_suspend(self, here: Any) -> None:
        head, planner = world.person(Role.HEAD_OF_MISSION, here), world.person(Role.PLANNER, here)
        it = world.handover(here)
        world.handover(here, task=it.task)
        after = NOW + timedelta(hours=1)
        fields = {"transition": here, "code": "I-1", "kind": "looting", "text": "Looted", "source": "press"}
        found = record_incident(Incident(**fields, task=it.task), by=planner, now=after, happened_on=TODAY,
                                known_from=TODAY)  # fmt: skip
        [row] = week(head, after).asked.rows
        assert (row.what, row.ask) == (str(found), "Decide: suspend 2 handovers?")
        assert row.place.endswith(f"?step=suspend&incident={found.pk}")
        assert asks(planner, after) == []
        for one in Handover.objects.all():
            take(one, "suspend", by=head, now=after, reason="looted")
        assert asks(head, after) == []

    def test_is_a_failed_follow_up_that_proposes_a_lapse(self, here: Any, sides: Any) -> None:
        accept(sides.it, by=world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs), now=NOW)
        take(sides.it, "transfer", by=sides.planner, now=NOW)
        said = {"performed": "yes", "use_respected": "yes", "answered_on": TODAY, "source": "visit"}
        FollowUp.objects.filter(days=30).update(resources="yes", **said)
        assert asks(sides.planner) == []
        FollowUp.objects.filter(days=30).update(resources="no")
        assert asks(sides.planner) == ["A follow-up failed: has it lapsed?"]
        assert asks(world.person(Role.UNCT_FOCAL_POINT, here, at=sides.ours)) == []


class TestTheStepsThatAreAsked:
    @pytest.mark.parametrize("role", Role)
    def test_are_judged_as_the_engine_judges_them(self, role: Role) -> None:
        """Of every lifecycle, state and step: who is asked may, and who may is asked."""
        here = world.transition()
        person = world.person(role, here)
        for model, lifecycle in Lifecycle.of_model.items():
            thing = here if lifecycle.belongs_to == "" else filled(model, here)
            for step in lifecycle.steps:
                thing.state = step.sources[0]
                if not step.leads_from(thing):
                    continue
                try:
                    take_nothing(thing, step.name, by=person)
                    allowed = True
                except PermissionDenied:
                    allowed = False
                assert may_take_it(thing, step.name, by=person, now=NOW) == allowed, (model, step.name)


def take_nothing(thing: Any, name: str, *, by: User) -> None:
    """As far as the engine's question who may."""
    lifecycle = Lifecycle.of_model[type(thing)]
    check_person(lifecycle, step_of(lifecycle, name), thing, lifecycle.transition_of(thing), by=by, now=NOW)


class TestWhatStandsWithOthers:
    def test_is_an_offer_of_my_office_s_or_mine(self, here: Any, sides: Any) -> None:
        colleague = world.person(Role.PILLAR_LEAD, here, at=sides.ours)
        for one in (sides.planner, colleague):
            [row] = week(one, NOW + timedelta(days=12)).standing.rows
            assert (row.what, row.whose, row.since) == (str(sides.it), "UNDP", TODAY)
            assert row.when == "2 days late"
        assert names(week(world.person(Role.PLANNER, here)).standing) == []
        Handover.objects.update(owner_office=None)
        assert names(week(colleague).standing) == []
        assert names(week(sides.planner).standing) == [str(sides.it)]

    def test_goes_with_the_answer(self, here: Any, sides: Any) -> None:
        accept(sides.it, by=world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs), now=NOW)
        assert names(week(sides.planner).standing) == []

    def test_is_what_my_milestone_waits_for(self, me: User, here: Any, office: Any) -> None:
        other = world.office(here, name="Mission support")
        first = world.milestone(here, owner_office=other, due_on=on(3))
        then = world.milestone(here, owner=me, due_on=on(9))
        world.wait(then, first)
        world.wait(then, world.milestone(here, owner_office=office, due_on=on(90)))
        far = world.milestone(here, owner=me, due_on=on(90))
        world.wait(far, first)
        [row] = week(me).standing.rows
        assert (row.what, row.ask, row.whose, row.day) == (str(then), f"Waits for {first}", "Mission support", on(3))
        take(first, "finish", by=world.founder(), now=NOW)
        assert names(week(me).standing) == []


def told(user: User, since: datetime = NOW, now: datetime = NOW + timedelta(days=1)) -> list[str]:
    return [one.sentence for one in changes_of(User.objects.get(pk=user.pk), now=now, since=since)]


class TestWhatChanged:
    later = NOW + timedelta(hours=3)

    def test_is_a_step_of_something_of_mine_by_somebody_else(self, me: User, here: Any, office: Any) -> None:
        its = [world.milestone(here, **whose) for whose in ({"owner": me}, {"owner_office": office}, {})]
        planner = world.person(Role.PLANNER, here)
        for one in its:
            take(one, "start", by=planner, now=self.later)
        take(its[0], "finish", by=me, now=self.later)
        assert told(me) == [f"2020-10-01: {one} went from planned to under way ({planner})" for one in its[1::-1]]
        assert told(me, since=self.later) == []

    def test_is_not_told_above_my_clearance_nor_of_other_transitions(self, here: Any, office: Any) -> None:
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, here, at=office)
        marked = world.milestone(here, owner=reader, marking=Marking.CONFIDENTIAL)
        elsewhere = world.milestone(world.transition("under_way"), owner=reader)
        for one in (marked, elsewhere):
            take(one, "start", by=world.founder(), now=self.later)
            redate(one, on(99), by=world.founder(), now=self.later, reason="rain")
        assert told(reader) == []

    def test_is_a_new_date_with_its_reason(self, me: User, here: Any, office: Any) -> None:
        it = world.milestone(here, owner=me, due_on=on(1))
        redate(it, on(9), by=world.founder(), now=self.later, reason="the road")
        redate(world.milestone(here, due_on=on(1)), on(9), by=world.founder(), now=self.later, reason="not mine")
        ours = world.handover(here, owner_office=office, planned_on=on(1))
        plan(ours, planned_on=on(9), by=world.founder(), now=self.later, reason="the rains")
        said = told(me)
        assert len(said) == 2
        assert any(f"{it} moved from {on(1)} to {on(9)}" in one and "the road" in one for one in said)
        assert any(f"{ours}: moved from {on(1)} to {on(9)}" in one for one in said)

    def test_is_a_handover_that_my_office_receives_and_the_transition_itself(self, here: Any, sides: Any) -> None:
        me = world.person(Role.UNCT_FOCAL_POINT, here, at=sides.theirs)
        take(sides.it, "reword", by=world.founder(), now=self.later, reason="x", despite=Fact("note", TODAY))
        take(here, "cancel", by=world.person(Role.HEADQUARTERS_DESK, here), now=self.later, reason="over")
        assert [one.split(" went")[0] for one in told(me)] == [f"2020-10-01: {here}", f"2020-10-01: {sides.it}"]

    def test_is_a_returned_entry_of_mine(self, here: Any) -> None:
        provider, verifier = world.person(Role.PROVIDER, here), world.person(Role.VERIFIER, here)
        draft = assess(country.indicator(country.benchmark(here)), "positive", as_of=on(-9), by=provider, now=NOW)
        take(draft, "submit", by=provider, now=NOW)
        take(draft, "return", by=verifier, now=self.later, reason="the number?")
        [sentence] = told(provider)
        assert "went from submitted to draft" in sentence
        assert "the number?" in sentence
        assert told(world.person(Role.PROVIDER, here)) == []


class TestTheLastLook:
    def test_is_of_an_earlier_day_and_stays_the_same_all_day(self, me: User) -> None:
        look(me, now=NOW)
        tomorrow = NOW + timedelta(days=1)
        assert [look(me, now=tomorrow + timedelta(hours=hours)) for hours in (0, 1, 5)] == [NOW] * 3
        assert look(me, now=tomorrow + timedelta(days=1)) == tomorrow + timedelta(hours=5)

    def test_ends_its_day_at_midnight_where_the_person_works(self, me: User) -> None:
        look(me, now=NOW)
        before, after = (datetime(2020, 10, 1, hour, 0, tzinfo=UTC) for hour in (21, 22))  # midnight in Khartoum
        assert look(me, now=before) == NOW - AT_FIRST
        assert look(me, now=after) == before

    def test_goes_forward_only(self, me: User) -> None:
        look(me, now=NOW + timedelta(days=2))
        look(me, now=NOW)
        assert Visit.objects.get(user=me).looked_at == NOW + timedelta(days=2)


@pytest.fixture
def clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


@pytest.fixture
def page(client: Any, clock: None) -> Callable[[User], str]:
    def read(user: User) -> str:
        client.force_login(user)
        answer = client.get("/my-week/")
        assert answer.status_code == 200
        return " ".join(unescape(answer.content.decode()).split())

    return read


class TestThePage:
    def test_counts_at_the_top_and_says_late_in_words(self, page: Any, me: User, here: Any) -> None:
        for days in (-3, 0, 0, 2):
            world.milestone(here, due_on=on(days), owner=me)
        said = page(me)
        assert "<strong>1</strong> overdue" in said
        assert "<strong>2</strong> today" in said
        assert "<strong>1</strong> Sat 3" in said
        assert "3 days late" in said
        assert "in 2 days" in said

    def test_folds_what_is_more_than_one_sees_at_once(self, page: Any, me: User, here: Any) -> None:
        for _ in range(14):
            world.milestone(here, due_on=on(-3), owner=me)
        said = page(me)
        assert "<summary>2 more</summary>" in said
        assert said.index("<summary>2 more</summary>") > said.index("data-row")
        assert said.count("data-row=") == 14

    def test_is_a_friendly_line_where_nothing_is_to_do(self, page: Any, me: User) -> None:
        assert "Nothing is waiting for you" in page(me)

    def test_writes_its_bookmark_and_nothing_else(self, client: Any, clock: None, me: User, here: Any) -> None:
        world.milestone(here, due_on=TODAY, owner=me)
        client.force_login(me)
        assert client.head("/my-week/").status_code == 200
        assert not Visit.objects.exists()
        assert client.post("/my-week/").status_code == 405
        before = StateChange.objects.count()
        client.get("/my-week/")
        assert (Visit.objects.get().user, StateChange.objects.count()) == (me, before)

    def test_shows_what_changed_since_the_last_day_again_after_a_reload(self, page: Any, me: User, here: Any) -> None:
        page(me)
        it = world.milestone(here, owner=me)
        take(it, "start", by=world.founder(), now=NOW + timedelta(hours=2))
        rehearse(NOW + timedelta(days=1))
        for _ in range(2):
            assert f"{it} went from planned to under way" in page(me)
        rehearse(NOW + timedelta(days=2))
        assert "went from planned" not in page(me)

    def test_takes_the_step_through_the_door_of_the_thing_s_page_and_comes_back(
        self, client: Any, page: Any, me: User, here: Any
    ) -> None:
        User.objects.filter(pk=me.pk).update(is_staff=True)
        it = world.milestone(here, due_on=TODAY, owner=me)
        assert f'data-row="{it}"' in page(me)
        [row] = week(me).soon.rows
        given = {"step": row.act.step, "version": row.act.version, "back": "/my-week/"}
        answer = client.post(row.act.url, given, follow=True)
        assert answer.redirect_chain == [("/my-week/", 302)]
        said = answer.content.decode()
        assert f"{it} is done." in said
        assert f'data-row="{it}"' not in said
        assert client.post(row.act.url, given).status_code == 409  # stale

    @pytest.mark.parametrize("back", ["https://example.org/", "//example.org/", "javascript:alert(1)", "my-week/"])
    def test_comes_back_to_no_other_place_than_here(self, client: Any, clock: None, me: User, here: Any,
                                                    back: str) -> None:  # fmt: skip
        User.objects.filter(pk=me.pk).update(is_staff=True)
        it = world.milestone(here, owner=me)
        client.force_login(me)
        url = reverse("admin:calendar_milestone_act", args=[it.pk, "step"])
        answer = client.post(url, {"step": "start", "version": 1, "back": back})
        assert answer["Location"] == reverse("admin:calendar_milestone_change", args=[it.pk])

    def test_takes_the_same_queries_for_few_and_for_many(
        self, client: Any, clock: None, here: Any, office: Any, django_assert_max_num_queries: Any
    ) -> None:
        me = world.person(Role.HEAD_OF_MISSION, here, at=office)
        for role in (Role.PLANNER, Role.VERIFIER, Role.UNCT_FOCAL_POINT, Role.RESIDENT_COORDINATOR):
            world.grant(me, role, here, at=office)
        client.force_login(me)
        counts = []
        for more in (3, 17):
            for _ in range(more):
                one_of_everything(me, here, office)
            client.get("/my-week/")  # the first look makes the bookmark
            with django_assert_max_num_queries(100) as asked:
                client.get("/my-week/")
            counts.append(len(asked))
        assert counts[1] <= counts[0]  # of what changed fewer kinds may stand among the latest
        assert all(len(part) for part in (week(me).overdue, week(me).asked, week(me).soon, week(me).standing))


def one_of_everything(me: User, here: Any, office: Any) -> None:
    other = world.office(here)
    first = world.milestone(here, owner_office=other, due_on=on(2))
    for days in (-2, 3, 20):
        then = world.milestone(here, owner_office=office, due_on=on(days))
        world.wait(then, first)
    redate(then, on(21), by=world.founder(), now=NOW - timedelta(hours=2), reason="rain")
    to_us = world.handover(here, recipient_kind="country_team", recipient_office=office, planned_on=on(3))
    ours = world.handover(here, recipient_kind="country_team", recipient_office=other, owner_office=office,
                          planned_on=on(3))  # fmt: skip
    for it in (to_us, ours):
        take(it, "prepare", by=world.founder(), now=NOW)
        take(it, "offer", by=world.founder(), now=NOW, despite=Fact("note", TODAY))
    for state in ("refused", "preparing"):
        back = filled(Handover, here, state=state, recipient_kind="country_team", owner_office=office)
        filled(StateChange, here, thing_type=Handover._meta.label_lower, thing_id=back.pk, step="offer")
    Condition.objects.create(handover=ours, sentence="Fuel", due_on=on(1), owner_office=other)
    FollowUp.objects.create(handover=to_us, days=30, due_on=on(1))
    MandatedTask.objects.create(transition=here, code=f"N-{to_us.pk}", title="x", naming_owner=me, naming_due_on=on(1))
    ResidualObligation.objects.create(transition=here, title="A claim", owner=me, due_on=on(1))
    country.benchmark(here, state="proposed", basis="joint")
    country.judged(it := country.indicator(country.benchmark(here), measured_every=7), "positive", on(-7))
    type(it).objects.filter(pk=it.pk).update(provider=me)
    provider = world.person(Role.PROVIDER, here)
    take(assess(it, "positive", as_of=on(-1), by=provider, now=NOW), "submit", by=provider, now=NOW)
    fields = {"transition": here, "code": f"I-{to_us.pk}", "kind": "looting", "text": "x", "source": "press"}
    record_incident(Incident(**fields, task=to_us.task), by=world.founder(), now=NOW + timedelta(hours=1),
                    happened_on=TODAY, known_from=TODAY)  # fmt: skip


class TestTheFirstPage:
    def signed_in(self, client: Any, user: User, where: str = "") -> str:
        User.objects.filter(pk=user.pk).update(is_staff=True)
        given = {"username": user.username, "password": "pass word 1"}
        return client.post(f"{reverse('admin:login')}{where}", given)["Location"]

    def test_is_my_week_for_who_came_for_nothing_in_particular(self, client: Any, clock: None, me: User) -> None:
        assert client.get("/my-week/")["Location"] == "/admin/login/?next=/my-week/"
        for where in ("", "?next=/"):
            assert self.signed_in(client, me, where) == "/my-week/"
            client.logout()

    def test_is_the_one_that_was_asked_for(self, client: Any, clock: None, me: User) -> None:
        for asked in ("/admin/", "/transitions/x/"):
            assert self.signed_in(client, me, f"?next={asked}") == asked
            client.logout()
        assert self.signed_in(client, me, "?next=https://example.org/") == "/my-week/"

    def test_of_who_has_no_role_here_is_another(self, client: Any, clock: None, here: Any) -> None:
        gone = world.person(Role.PLANNER, here, until=on(-1))
        for user, first in ((gone, "/"), (User.objects.create_superuser("root"), "/admin/")):
            client.force_login(user)
            assert client.get("/my-week/")["Location"] == first

    def test_of_the_admin_lists_the_same_rows(self, client: Any, clock: None, me: User, here: Any) -> None:
        User.objects.filter(pk=me.pk).update(is_staff=True)
        its = [world.milestone(here, due_on=on(days), owner=me) for days in (-1, 3, 30)]
        client.force_login(me)
        answer = client.get(reverse("admin:index"))
        assert [row.what for row in answer.context["mine"]] == [str(one) for one in its]
        assert 'href="/my-week/"' in answer.content.decode()
        assert not Visit.objects.exists()

    def test_leads_to_all_transitions_and_back(self, client: Any, clock: None, me: User) -> None:
        client.force_login(me)
        assert 'href="/"' in client.get("/my-week/").content.decode()
        assert 'href="/my-week/"' in client.get("/").content.decode()
