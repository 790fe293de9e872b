"""For every guard of every lifecycle: situations in which it blocks, and how they are cleared.

A situation yields a thing and the code of what must block it, clears that, and ends. tests/workflow/test_guards.py
tries each, and fails for a guard that has no situation here.
"""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from benchmarks.definitions import carry_over, reword
from tests import country, world
from tests.filled import filled
from transitions.calendar.models import ApprovedVersion, NationalEvent
from transitions.handovers.models import (
    Acceptance,
    AgreedText,
    Condition,
    Handover,
    MandatedTask,
    PackageItem,
    Readiness,
    RecipientChange,
    Site,
)
from transitions.missions.models import (
    Area,
    EndState,
    FollowUpCheck,
    PhaseCondition,
    ResidualObligation,
    Transition,
)
from transitions.workflow.engine import Fact, take
from transitions.workflow.evidence import add_evidence
from transitions.workflow.models import OpenItem, StateChange
from transitions.workflow.open_items import close_item, name_owner

NOW, TODAY = world.NOW, world.NOW.date()
Situation = Iterator[tuple[Any, str]]


def alter(thing: Any, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(thing, name, value)
    thing.save(update_fields=list(fields))


def ready(state: str, **fields: Any) -> Transition:
    """A transition that nothing blocks but signatures and instruments."""
    here = world.transition(state, **fields)
    alter(here, lead_office=world.office(here, "headquarters"))
    filled(EndState, here)
    filled(ApprovedVersion, here)
    return here


def without_a_mission(state: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = ready(state)
        mission = here.mission
        alter(here, mission=None)
        yield here, "no_mission"
        alter(here, mission=mission)

    return situation


def without_a_host_country() -> Situation:
    here = ready("considered", host_country="")
    yield here, "no_host_country"
    alter(here, host_country="Sudan")


def without_a_lead_office() -> Situation:
    here = ready("considered")
    office = here.lead_office
    alter(here, lead_office=None)
    yield here, "no_lead_office"
    alter(here, lead_office=office)


def without_an_end_state() -> Situation:
    here = world.transition("planning")
    alter(here, lead_office=world.office(here))
    filled(ApprovedVersion, here)
    filled(EndState, here, holds_from=TODAY + timedelta(days=1))  # agreed for later is not agreed yet
    yield here, "no_end_state"
    filled(EndState, here)


def without_an_approved_version() -> Situation:
    here = world.transition("planning")
    alter(here, lead_office=world.office(here))
    filled(EndState, here)
    filled(ApprovedVersion, world.transition())
    yield here, "no_approved_version"
    filled(ApprovedVersion, here)


def without_an_instrument(state: str, kind: str, code: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = ready(state)
        world.instrument(world.mission(), kind)
        world.instrument(here.mission, kind, effective_until=TODAY - timedelta(days=1), adopted_on=date(2020, 1, 1))
        yield here, code
        world.instrument(here.mission, kind)

    return situation


def with_a_phase_not_ended() -> Situation:
    here = ready("under_way", kind="drawdown")
    phase = world.phase(here)
    take(phase, "enter", by=world.founder(), now=NOW)
    yield here, "phase_not_ended"
    take(phase, "end", by=world.founder(), now=NOW)


def with_an_open_item(settle: Callable[[OpenItem, Transition], Any]) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = ready("withdrawing")
        late = world.milestone(here, hard=True)
        take(late, "finish", by=world.founder(), now=NOW, despite=Fact("report", TODAY))
        yield here, "open_item_without_owner"
        settle(OpenItem.objects.get(transition=here), here)

    return situation


def named(item: OpenItem, here: Transition) -> None:
    name_owner(item, office=world.office(here, "country_team"), by=world.founder(), now=NOW)


def closed(item: OpenItem, here: Transition) -> None:
    close_item(item, how="Settled.", by=world.founder(), now=NOW)


def with_a_mission_office_that_has_work_left() -> Situation:
    here = ready("withdrawing")
    office = world.office(here)
    world.milestone(here, owner_office=office)
    world.milestone(here, owner_office=world.office(here, "government"))  # one that remains
    yield here, "no_residual_owner"
    alter(office, residual_office=world.office(here, "country_team"))


def with_an_obligation_without_owner() -> Situation:
    here = ready("liquidating")
    owed = ResidualObligation.objects.create(transition=here, title="A claim")
    yield here, "obligation_without_owner"
    alter(owed, owner_office=world.office(here, "headquarters"))


def with_a_check_not_done() -> Situation:
    here = ready("following_up")
    check = FollowUpCheck.objects.create(transition=here, title="Is the prison open?")
    yield here, "follow_up_not_done"
    alter(check, done_on=TODAY)


def with_a_condition_not_met(gate: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        phase = world.phase(ready("under_way"))
        other = {"entry": "exit", "exit": "entry"}[gate]
        if gate == "exit":
            take(phase, "enter", by=world.founder(), now=NOW)
        PhaseCondition.objects.create(phase=phase, gate=other, sentence="Of the other gate")
        condition = PhaseCondition.objects.create(phase=phase, gate=gate, sentence="Police are deployed")
        yield phase, f"{gate}_condition_not_met"
        alter(condition, met_on=TODAY, source="Police report")

    return situation


def without_evidence() -> Situation:
    item = world.milestone(world.transition("under_way"), hard=True)
    yield item, "no_evidence"
    add_evidence(item, title="Minutes", text="Signed.", by=world.founder(), now=NOW)


def with_a_predecessor(after: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = world.transition("under_way")
        first, then = world.milestone(here), world.milestone(here)
        world.wait(then, first)
        yield then, "predecessor_not_done"
        take(first, after, by=world.founder(), now=NOW, reason="Not needed")

    return situation


def within_the_lag() -> Situation:
    here = world.transition("under_way")
    first, then = world.milestone(here), world.milestone(here)
    wait = world.wait(then, first, lag_days=3)
    fact = Fact("report", TODAY - timedelta(days=2))
    take(first, "finish", by=world.founder(), now=NOW, despite=fact)
    yield then, "too_early_after_predecessor"
    alter(wait, lag_days=2)


def before_the_day(first_day: date | None) -> Callable[[], Situation]:
    """Of something else, done or not; where that has no day, it is not known to have come."""

    def situation() -> Situation:
        here = world.transition("under_way")
        first, then = world.milestone(here, due_on=first_day), world.milestone(here)
        world.wait(then, first, kind="not_before", lag_days=3)
        yield then, "too_early_before_day" if first_day else "predecessor_without_day"
        alter(first, due_on=TODAY - timedelta(days=3))

    return situation


def before_the_end_of_an_event() -> Situation:
    here = world.transition("under_way")
    event = filled(NationalEvent, here, from_date=TODAY, until=TODAY + timedelta(days=1))
    then = world.milestone(here)
    world.wait(then, event)
    yield then, "predecessor_not_done"
    alter(event, until=TODAY)


def beside_what_has_not_begun() -> Situation:
    here = world.transition("under_way")
    first, then = world.milestone(here), world.milestone(here)
    world.wait(then, first, kind="overlap", lag_days=3)
    yield then, "overlap_not_begun"
    fact = Fact("report", TODAY - timedelta(days=3))
    take(first, "start", by=world.founder(), now=NOW, despite=fact)


def beside_for_too_short() -> Situation:
    here = world.transition("under_way")
    first, then = world.milestone(here), world.milestone(here)
    wait = world.wait(then, first, kind="overlap", lag_days=3)
    take(first, "start", by=world.founder(), now=NOW, despite=Fact("report", TODAY - timedelta(days=2)))
    yield then, "overlap_too_short"
    alter(wait, lag_days=2)


def in_a_blackout_around_it() -> Situation:
    """Of the area that its own lies in."""
    here = world.transition("under_way")
    darfur, elsewhere = filled(Area, here), filled(Area, here)
    town = filled(Area, here, parent=darfur)
    event = filled(NationalEvent, here, from_date=TODAY, until=TODAY, blackout=True, area=darfur)
    filled(NationalEvent, here, from_date=TODAY, until=TODAY, blackout=True, area=elsewhere)
    yield world.milestone(here, kind="site", area=town), "blackout"
    alter(event, area=elsewhere)


def in_a_blackout(kind: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = world.transition("under_way")
        event = NationalEvent.objects.create(
            transition=here, title="Election", kind="election", from_date=TODAY, until=TODAY, blackout=True
        )
        yield world.milestone(here, kind=kind), "blackout"
        alter(event, from_date=TODAY - timedelta(days=1), until=TODAY - timedelta(days=1))

    return situation


def a_handover(state: str, **fields: Any) -> Handover:
    here = world.transition("under_way")
    office = world.office(here, "country_team")
    given = {"recipient_kind": "country_team", "recipient_office": office} | fields
    handover = filled(Handover, here, state=state, version=1, **given)
    history(handover)
    return handover


def history(handover: Handover, *, step: str = "", by: Any = None) -> None:
    filled(StateChange, handover.transition, thing_type="handovers.handover", thing_id=handover.pk, version=1,
           step=step, state=handover.state, by=by or world.founder())  # fmt: skip


def ready_to_offer(**fields: Any) -> Handover:
    handover = a_handover("preparing", **fields)
    filled(AgreedText, handover.transition, handover=handover, number=1)
    filled(Readiness, handover.transition, handover=handover)
    return handover


def without_a_recipient() -> Situation:
    handover = ready_to_offer(recipient_kind="")
    yield handover, "no_recipient"
    alter(handover, recipient_kind="community")


def without_a_text() -> Situation:
    handover = a_handover("preparing")
    filled(Readiness, handover.transition, handover=handover)
    yield handover, "no_text"
    filled(AgreedText, handover.transition, handover=handover, number=1)


def without_an_item_of_the_package() -> Situation:
    handover = ready_to_offer()
    item = PackageItem.objects.create(handover=handover, title="Case files")
    PackageItem.objects.create(handover=handover, title="Assets", not_needed_because="there are none")
    yield handover, "package_item_missing"
    alter(item, provided_on=TODAY)


def without_a_look_at_the_recipient() -> Situation:
    handover = a_handover("preparing")
    filled(AgreedText, handover.transition, handover=handover, number=1)
    yield handover, "recipient_not_assessed"
    filled(Readiness, handover.transition, handover=handover)


def answered(handover: Handover) -> None:
    text = filled(AgreedText, handover.transition, handover=handover, number=1, handover_version=0)
    filled(Acceptance, handover.transition, handover=handover, handover_version=1, text=text, signed_on=TODAY)


def without_an_answer() -> Situation:
    handover = a_handover("offered")
    Condition.objects.create(handover=handover, sentence="Vehicles", due_on=TODAY)
    yield handover, "no_acceptance"
    answered(handover)


def without_a_condition() -> Situation:
    handover = a_handover("offered")
    answered(handover)
    yield handover, "no_condition"
    Condition.objects.create(handover=handover, sentence="Vehicles", due_on=TODAY)


def with_the_same_text() -> Situation:
    handover = a_handover("offered")
    answered(handover)
    yield handover, "same_text"
    filled(AgreedText, handover.transition, handover=handover, number=2, handover_version=1)


def with_the_same_recipient() -> Situation:
    handover = a_handover("preparing")
    yield handover, "same_recipient"
    filled(RecipientChange, handover.transition, handover=handover, handover_version=1, reason="a decree")


def with_an_unmet_condition() -> Situation:
    handover = a_handover("accepted")
    condition = Condition.objects.create(handover=handover, sentence="Vehicles", due_on=TODAY)
    yield handover, "condition_not_met"
    alter(condition, met_on=TODAY, source="delivery note")


def a_transfer_that_waits(code: str, **fields: Any) -> Callable[[], Situation]:
    """For a milestone, until nobody asks it to any more."""

    def situation() -> Situation:
        handover = a_handover("accepted")
        first = world.milestone(handover.transition)
        wait = world.wait(handover, first, **fields)
        yield handover, code
        wait.delete()

    return situation


def a_transfer_after_another_handover() -> Situation:
    handover = a_handover("accepted")
    first = filled(Handover, handover.transition, state="accepted", version=1, task=handover.task)
    history(first)
    world.wait(handover, first)
    yield handover, "predecessor_not_done"
    take(first, "transfer", by=world.founder(), now=NOW)


def a_transfer_in_a_blackout() -> Situation:
    handover = a_handover("accepted")
    area = filled(Area, handover.transition)
    alter(handover.task, area=area)
    event = filled(NationalEvent, handover.transition, from_date=TODAY, until=TODAY, blackout=True, area=area)
    yield handover, "blackout"
    alter(event, blackout=False)


def without_a_recipient_or_a_day_for_naming_one() -> Situation:
    here = ready("planning")
    task = filled(MandatedTask, here, naming_due_on=TODAY)
    yield here, "task_without_recipient"
    alter(task, naming_office=world.office(here))


def with_a_handover_on_offer(of: str) -> Callable[[], Situation]:
    """Of a task or of a site, whoever owns what is left of it: the recipient has to answer first."""

    def situation() -> Situation:
        here = ready("under_way")
        about = {"site": filled(Site, here)} if of == "site" else {"task": filled(MandatedTask, here, continues="no")}
        handover = filled(Handover, here, state="offered", residual_office=world.office(here), **about)
        yield here, "handover_open"
        alter(handover, state="accepted")

    return situation


def with_an_open_handover(state: str) -> Callable[[], Situation]:
    """One of two of the same task: the task is settled only when each of them is."""

    def situation() -> Situation:
        here = ready("under_way")
        task = filled(MandatedTask, here)
        filled(Handover, here, state="transferred", task=task)
        handover = filled(Handover, here, state=state, task=task)
        yield here, "handover_open"
        alter(handover, residual_office=world.office(here, "country_team"))

    return situation


def with_a_lapsed_handover_and_nobody_after_it() -> Situation:
    here = ready("under_way")
    handover = filled(Handover, here, state="lapsed")
    yield here, "handover_open"
    filled(Handover, here, state="accepted", task=handover.task, follows=handover)


def with_a_task_handed_to_nobody() -> Situation:
    here = ready("under_way")
    task = filled(MandatedTask, here)
    yield here, "task_open"
    alter(task, continues="no")


def without_a_whole_indicator(*targets: Any, **fields: Any) -> Callable[[], Situation]:
    """One that informs only, or lacks something, does not help."""

    def situation() -> Situation:
        here = world.transition("under_way")
        benchmark = country.benchmark(here, state="proposed")
        country.indicator(benchmark, informs_only=True)
        if targets or fields:
            country.indicator(benchmark, *targets, **fields)
        yield benchmark, "no_whole_indicator"
        country.indicator(benchmark)

    return situation


def without_the_council_s_instrument() -> Situation:
    here = world.transition("under_way")
    benchmark = country.benchmark(here, state="proposed", basis="council")
    country.indicator(benchmark)
    yield benchmark, "no_instrument"
    reword(benchmark, "In the Council's words", reason="adopted", instrument=world.instrument(here.mission),
           by=world.founder(), now=NOW)  # fmt: skip


def without_a_new_owner() -> Situation:
    benchmark = country.benchmark(world.transition("under_way"))
    yield benchmark, "no_new_owner"
    carry_over(benchmark, name="The Office of the Ombudsman", by=world.founder(), now=NOW)


def with_a_condition_not_agreed(state: str) -> Callable[[], Situation]:
    def situation() -> Situation:
        here = ready("planning")
        country.benchmark(here, state="draft", level="contextual", condition_for_exit=False)
        country.benchmark(here, state="retired")
        benchmark = country.benchmark(here, state=state)
        country.indicator(benchmark)
        yield here, "condition_not_in_force"
        if state == "draft":
            take(benchmark, "propose", by=world.founder(), now=NOW)
        take(benchmark, "agree", by=world.founder(), now=NOW)

    return situation


def with_a_condition_not_assessed(*judged: tuple[str, int]) -> Callable[[], Situation]:
    """Never, too long ago, or only by the word that no update is expected."""

    def situation() -> Situation:
        here = ready("under_way")
        indicator = country.indicator(country.benchmark(here), measured_every=90)
        country.indicator(indicator.benchmark, informs_only=True)
        country.benchmark(here, level="contextual", condition_for_exit=False)
        for readiness, days in judged:
            country.judged(indicator, readiness, TODAY - timedelta(days))
        yield here, "condition_not_assessed"
        country.judged(indicator, "not_on_track", TODAY - timedelta(80))
        for _, days in [one for one in judged if one[0] == "no_update_expected"]:
            country.judged(indicator, "not_on_track", TODAY - timedelta(days - 1))

    return situation


SITUATIONS: dict[tuple[str, str, str], list[Callable[[], Situation]]] = {
    ("transition", "begin_planning", "it_has_its_parties"): [
        without_a_mission("considered"), without_a_host_country, without_a_lead_office,
    ],
    ("transition", "approve_plan", "it_has_its_parties"): [without_a_mission("planning")],
    ("transition", "approve_plan", "an_end_state_is_agreed"): [without_an_end_state],
    ("transition", "approve_plan", "a_calendar_version_is_approved"): [without_an_approved_version],
    ("transition", "start", "an_instrument_authorises_it"): [
        without_an_instrument("approved", "authorises", "not_authorised"),
    ],
    ("transition", "start_at_short_notice", "an_instrument_terminates_the_mandate"): [
        without_an_instrument(state, "terminates", "not_terminated") for state in ("considered", "planning")
    ],
    ("transition", "reach_posture", "every_phase_has_ended"): [with_a_phase_not_ended],
    ("transition", "complete_withdrawal", "every_open_item_has_an_owner"): [
        with_an_open_item(named), with_an_open_item(closed),
    ],
    ("transition", "complete_withdrawal", "every_mission_office_with_open_items_has_a_residual_owner"): [
        with_a_mission_office_that_has_work_left,
    ],
    ("transition", "complete_liquidation", "every_residual_obligation_has_an_owner"): [
        with_an_obligation_without_owner,
    ],
    ("transition", "close", "every_follow_up_check_is_done"): [with_a_check_not_done],
    ("phase", "enter", "entry_conditions_are_met"): [with_a_condition_not_met("entry")],
    ("phase", "end", "exit_conditions_are_met"): [with_a_condition_not_met("exit")],
    ("milestone", "finish", "a_hard_one_has_evidence"): [without_evidence],
    ("milestone", "finish", "what_it_waits_for_is_done"): [
        with_a_predecessor("finish"), with_a_predecessor("drop"), within_the_lag, before_the_end_of_an_event,
    ],
    ("milestone", "finish", "it_does_not_come_too_early"): [before_the_day(TODAY), before_the_day(None)],
    ("milestone", "finish", "both_have_run_side_by_side"): [beside_what_has_not_begun, beside_for_too_short],
    ("milestone", "finish", "nothing_forbids_the_day"): [
        in_a_blackout("site"), in_a_blackout("handover"), in_a_blackout_around_it,
    ],
    ("handover", "offer", "a_recipient_is_named"): [without_a_recipient],
    ("handover", "offer", "a_text_is_written"): [without_a_text],
    ("handover", "offer", "the_package_is_complete"): [without_an_item_of_the_package],
    ("handover", "offer", "the_recipient_is_assessed"): [without_a_look_at_the_recipient],
    ("handover", "accept", "recipient_answers"): [without_an_answer],
    ("handover", "accept_with_conditions", "recipient_answers"): [without_an_answer],
    ("handover", "accept_with_conditions", "it_has_conditions"): [without_a_condition],
    ("handover", "reword", "a_new_text_is_written"): [with_the_same_text],
    ("handover", "change_recipient", "a_new_recipient_is_recorded"): [with_the_same_recipient],
    ("handover", "transfer", "every_condition_is_met"): [with_an_unmet_condition],
    ("handover", "transfer", "what_it_waits_for_is_done"): [
        a_transfer_that_waits("predecessor_not_done"), a_transfer_after_another_handover,
    ],
    ("handover", "transfer", "it_does_not_come_too_early"): [
        a_transfer_that_waits("too_early_before_day", kind="not_before"),
    ],
    ("handover", "transfer", "both_have_run_side_by_side"): [
        a_transfer_that_waits("overlap_not_begun", kind="overlap"),
    ],
    ("handover", "transfer", "nothing_forbids_the_day"): [a_transfer_in_a_blackout],
    ("transition", "approve_plan", "every_task_has_a_recipient_or_a_day_for_naming_one"): [
        without_a_recipient_or_a_day_for_naming_one,
    ],
    ("transition", "cease_operations", "no_task_is_left_without_an_owner"): [
        with_a_handover_on_offer("site"), with_a_handover_on_offer("task"), with_a_task_handed_to_nobody,
        *(with_an_open_handover(state) for state in ("proposed", "preparing", "refused", "suspended")),
        with_a_lapsed_handover_and_nobody_after_it,
    ],
    ("benchmark", "agree", "an_exit_can_be_judged_by_it"): [
        without_a_whole_indicator(), without_a_whole_indicator(baseline=None),
        without_a_whole_indicator((80, None)),
    ],
    ("benchmark", "agree", "the_council_s_words_are_adopted"): [without_the_council_s_instrument],
    ("benchmark", "transfer", "a_new_owner_is_named"): [without_a_new_owner],
    ("transition", "approve_plan", "every_condition_for_exit_is_in_force"): [
        with_a_condition_not_agreed("draft"), with_a_condition_not_agreed("proposed"),
    ],
    ("transition", "cease_operations", "every_condition_is_assessed_within_its_frequency"): [
        with_a_condition_not_assessed(), with_a_condition_not_assessed(("on_track", 91)),
        with_a_condition_not_assessed(("no_update_expected", 10)),
    ],
}  # fmt: skip
ABOUT_WHO_ACTS = {  # guards that look at the person and not at the thing: tried in tests/handovers
    ("handover", "accept", "not_by_who_offered"),
    ("handover", "accept_with_conditions", "not_by_who_offered"),
    ("handover", "refuse", "not_by_who_offered"),
    ("handover", "refuse", "refused_by_the_recipient"),
    ("assessment", "verify", "not_by_who_entered_it"),  # in tests/benchmarks
}
