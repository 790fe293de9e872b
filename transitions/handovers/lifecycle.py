"""How a handover moves, and what handovers ask of a transition. Sources: domain catalogue, sections F and R."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from transitions.access.models import Grant, User
from transitions.access.permissions import Permission, Role, roles_with
from transitions.calendar.lifecycle import NOT_YET
from transitions.missions.lifecycle import TransitionLifecycle
from transitions.missions.models import Office, Transition
from transitions.workflow.keys import Key
from transitions.workflow.lifecycles import Blocker, Lifecycle, Step, guards
from transitions.workflow.models import StateChange

from .acceptances import for_the_recipient, keep_the_answer, void_what_was_accepted
from .follow_ups import schedule_follow_ups
from .models import Handover, MandatedTask, RecipientKind
from .models.handovers import called
from .readiness import in_order, of_who_stands

ANSWER = (Role.UNCT_FOCAL_POINT, Role.GOVERNMENT_FOCAL_POINT, Role.SUCCESSOR_FOCAL_POINT, Role.RESIDENT_COORDINATOR)


def a_recipient_is_named(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not handover.recipient_kind or handover.recipient_kind == RecipientKind.NOBODY:
        yield Blocker("no_recipient", f"{handover} has no recipient", handover, who=handover.owner or Role.PLANNER)


def a_text_is_written(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not handover.texts.exists():
        sentence = f"There is no text of what is agreed for {handover}: write it"
        yield Blocker("no_text", sentence, handover, who=handover.owner or Role.PLANNER)


def the_package_is_complete(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    for item in handover.package.filter(provided_on=None, not_needed_because="").select_related("owner"):
        sentence = f"“{item}” is missing from the package of {handover}"
        yield Blocker("package_item_missing", sentence, handover, who=item.owner or handover.owner or Role.PLANNER)


def the_recipient_is_assessed(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """What was seen of an earlier recipient does not count."""
    if not of_who_stands(handover.readiness_rows.all(), in_order(handover.recipient_changes.all())).exists():
        sentence = f"Nobody has looked at how ready the recipient of {handover} is"
        yield Blocker("recipient_not_assessed", sentence, handover, who=handover.owner or Role.PLANNER)


def offers_of(handovers: Iterable[Handover]) -> dict[int, StateChange]:
    """Of each the step that made the present offer, if there is one."""
    ids = [handover.pk for handover in handovers]
    made = StateChange.objects.filter(thing_type=Handover._meta.label_lower, thing_id__in=ids, step="offer")
    latest = made.order_by("thing_id", "-version").distinct("thing_id")
    return {change.thing_id: change for change in latest}


def the_offer(handover: Handover) -> StateChange | None:
    """The step that made the present one."""
    return offers_of([handover]).get(handover.pk)


def offered_by(handover: Handover) -> Any:
    offer = the_offer(handover)
    return offer.by_id if offer else None


def not_by_who_offered(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if by.pk == offered_by(handover):
        sentence = "Whoever offered it cannot answer for the recipient"
        yield Blocker("offerer_answers", sentence, handover, who=ANSWER)


def not_by_who_made_the_offer(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """An offer that was itself recorded from its source was made by others: what came of it is recorded like it."""
    offer = the_offer(handover)
    if offer and not offer.source:
        yield from not_by_who_offered(handover, by=by, now=now)


def recipient_answers(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """By somebody of the recipient's own office, who takes the step, or from a signed paper."""
    given = handover.acceptances.filter(handover_version=handover.version).exists()
    if not given and not for_the_recipient(by, handover, now=now):
        sentence = f"The recipient has not accepted the text of {handover}"
        yield Blocker("no_acceptance", sentence, handover, who=handover.recipient_office or ANSWER)


def refused_by_the_recipient(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not for_the_recipient(by, handover, now=now):
        sentence = "Only the recipient's own office refuses"
        yield Blocker("not_the_recipient", sentence, handover, who=handover.recipient_office or ANSWER)


def it_has_conditions(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    if not handover.conditions.filter(void_on=None).exists():
        sentence = "No condition is written down: write it, or accept without conditions"
        yield Blocker("no_condition", sentence, handover, who=handover.recipient_office or ANSWER)


def every_condition_is_met(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    left = handover.conditions.filter(met_on=None, void_on=None)
    for condition in left.select_related("owner", "owner_office"):
        who = condition.owner or condition.owner_office or ANSWER
        yield Blocker("condition_not_met", f"Not met: {condition}", handover, who=who)


def a_new_recipient_is_recorded(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """With its reason: the first row, which names the first recipient, has none."""
    if not handover.recipient_changes.filter(handover_version=handover.version).exclude(reason="").exists():
        yield Blocker("same_recipient", "Record the new recipient first", handover, who=Role.PLANNER)


def a_new_text_is_written(handover: Handover, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Since it was offered, or accepted."""
    if not handover.texts.filter(handover_version=handover.version).exists():
        sentence = "The text is the one that was offered: write the new one first"
        yield Blocker("same_text", sentence, handover, who=handover.owner or Role.PLANNER)


def recipient_side(handover: Handover, *, on: date) -> Iterable[User]:
    return who_answers_for(handover.recipient_office, on=on)


def recipient_side_before(handover: Handover, *, on: date) -> Iterable[User]:
    """Whoever it was to go to until the change that was recorded last."""
    before = handover.recipient_changes.select_related("recipient_office__head").order_by("-pk")[1:2]
    return [person for row in before for person in who_answers_for(row.recipient_office, on=on)]


def who_answers_for(office: Office | None, *, on: date) -> Iterable[User]:
    """The head of an office and everybody who may answer for it."""
    if office is None:
        return []
    roles = roles_with(Permission.ACCEPT_HANDOVER)
    held = Grant.objects.in_force(on=on).filter(office=office, role__in=roles, user__is_service=False)
    people: dict[int, User] = {office.head.pk: office.head} if office.head else {}
    people |= {grant.user_id: grant.user for grant in held.select_related("user").order_by("pk")}
    return people.values()


def ask_for_an_answer(handover: Handover, change: StateChange, *, by: Any, now: datetime) -> None:
    """From the day on which it was offered: the recipient's side has ten days."""
    handover.answer_due_on = change.holds_from + TO_ANSWER
    Handover.objects.filter(pk=handover.pk).update(answer_due_on=handover.answer_due_on)


BOTH = ("owner", "owner_office.head", recipient_side)
VOID = {"offered": "the offer is void", "accepted": "the acceptance is void"}
TO_ANSWER = timedelta(days=10)
BEFORE = ("proposed", "preparing", "offered", "accepted")


class HandoverLifecycle(Lifecycle):
    model = Handover
    begins_in = ("proposed",)
    steps = (
        Step("prepare", "proposed", "preparing", may=Permission.PLAN, owner_may=True),
        Step("offer", "preparing", "offered", may=Permission.PLAN, owner_may=True,
             guards=(a_recipient_is_named, a_text_is_written, the_package_is_complete, the_recipient_is_assessed),
             overridable=(the_recipient_is_assessed,), override_by=Role.HEAD_OF_MISSION,
             tells=(*BOTH, Role.PLANNER, Role.HEAD_OF_MISSION), then=ask_for_an_answer),
        Step("accept", "offered", "accepted", may=Permission.ACCEPT_HANDOVER, or_may=Permission.RECORD_FACT,
             guards=(not_by_who_offered, recipient_answers), even_a_fact=(not_by_who_made_the_offer,),
             tells=(*BOTH, Role.PLANNER), then=keep_the_answer),
        Step("accept_with_conditions", "offered", "accepted", may=Permission.ACCEPT_HANDOVER,
             or_may=Permission.RECORD_FACT, guards=(not_by_who_offered, recipient_answers, it_has_conditions),
             even_a_fact=(not_by_who_made_the_offer,),
             tells=(*BOTH, Role.PLANNER, Role.HEAD_OF_MISSION), then=keep_the_answer),
        Step("refuse", "offered", "refused", may=Permission.ACCEPT_HANDOVER, needs_reason=True,
             guards=(not_by_who_offered, refused_by_the_recipient), even_a_fact=(not_by_who_made_the_offer,),
             tells=(*BOTH, Role.PLANNER, Role.HEAD_OF_MISSION)),
        Step("reword", ("offered", "accepted"), "preparing", may=Permission.PLAN, owner_may=True, needs_reason=True,
             guards=(a_new_text_is_written,), tells=(*BOTH, Role.PLANNER), tells_who_took_it=True,
             urgent=True, voids=VOID, then=void_what_was_accepted),
        Step("change_recipient", (*BEFORE, "refused", "suspended"), "preparing", may=Permission.PLAN,
             needs_reason=True, guards=(a_new_recipient_is_recorded,),
             tells=(*BOTH, recipient_side_before, Role.PLANNER, Role.HEAD_OF_MISSION, Role.HEADQUARTERS_DESK),
             urgent=True, voids=VOID, then=void_what_was_accepted),
        Step("transfer", "accepted", "transferred", may=Permission.PLAN, owner_may=True,
             guards=(every_condition_is_met, *NOT_YET), overridable=(every_condition_is_met, *NOT_YET),
             override_by=Role.HEAD_OF_MISSION, tells=BOTH, then=schedule_follow_ups),
        Step("complete", "transferred", "completed", may=Permission.PLAN, owner_may=True, tells=BOTH),
        Step("suspend", BEFORE, "suspended", may=Permission.DIRECT, needs_reason=True,
             tells=(*BOTH, Role.PLANNER), urgent=True, voids=VOID, then=void_what_was_accepted),
        Step("resume", "suspended", "preparing", may=Permission.DIRECT, tells=(*BOTH, Role.PLANNER)),
        Step("lapse", ("transferred", "completed"), "lapsed", may=Permission.PLAN, needs_reason=True,
             tells=(*BOTH, Role.HEADQUARTERS_DESK)),
        Step("end_without_handover", ("proposed", "preparing", "offered", "refused", "suspended"), "ended",
             may=Permission.PLAN, needs_reason=True, tells=BOTH),
    )  # fmt: skip


@guards(TransitionLifecycle, "approve_plan")
def every_task_has_a_recipient_or_a_day_for_naming_one(
    transition: Transition, *, by: Any, now: datetime
) -> Iterator[Blocker]:
    unnamed = without_recipient(MandatedTask.objects.filter(transition=transition))
    for task in unnamed.filter(Q(naming_due_on=None) | Q(naming_office=None, naming_owner=None)):
        sentence = f"{task} has no recipient, and nobody is to name one until a day"
        yield Blocker("task_without_recipient", sentence, task, who=Role.PLANNER)


def without_recipient(tasks: QuerySet[MandatedTask, Any]) -> QuerySet[MandatedTask, Any]:
    """Those that go on, or may, and for which nobody is named."""
    named = Handover.objects.filter(task=OuterRef("pk")).exclude(recipient_kind="")
    return tasks.exclude(continues="no").filter(~Exists(named))


SETTLED = ("accepted", "transferred", "completed", "ended")  # as far as a task waits for it when operations cease


def listed(handovers: QuerySet[Handover, Any], whose: str, model: Any) -> Iterator[tuple[Key, str, str, Any]]:
    """Key, name, state and who is to move it, of a model: thousands may be open, so that none is read as an object."""
    rows = list(handovers.values_list("pk", "code", "title", "part", "state", whose))
    named = model.objects.in_bulk({who for *_, who in rows if who})
    for pk, code, title, part, state, who in rows:
        yield (Handover._meta.label_lower, pk), called(code, title, part), state, named.get(who)


@guards(TransitionLifecycle, "cease_operations")
def no_task_is_left_without_an_owner(transition: Transition, *, by: Any, now: datetime) -> Iterator[Blocker]:
    """Nothing is on offer, and every handover of a task that goes on is accepted, ended, or owned as residual."""
    here = Handover.objects.filter(transition=transition)
    for key, name, _, office in listed(here.filter(state="offered"), "recipient_office", Office):
        sentence = f"{name} is offered and not answered: it must be accepted or refused, or be taken back"
        yield Blocker("handover_open", sentence, key, who=office or Role.PLANNER)
    going_on = here.filter(task__isnull=False, residual_office=None).exclude(task__continues="no")
    handed_on = Handover.objects.filter(follows=OuterRef("pk"))
    left = going_on.exclude(state__in=(*SETTLED, "offered")).exclude(Exists(handed_on), state="lapsed")
    for key, name, state, owner in listed(left, "owner", User):
        yield Blocker("handover_open", f"{name} is {state} and has no residual owner", key, who=owner or Role.PLANNER)
    tasks = MandatedTask.objects.filter(transition=transition, handovers=None).exclude(continues="no")
    for task in tasks.only("code", "title"):
        sentence = f"{task} is handed over to nobody: propose a handover, or name there who owns it as residual"
        yield Blocker("task_open", sentence, task, who=Role.PLANNER)
