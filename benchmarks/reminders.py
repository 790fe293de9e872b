"""Who hears that an indicator is to be assessed, and that what was assessed is to be verified.

Sources: domain catalogue, section N: the period opens, five days before it ends, late; five working days to verify.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q, Subquery

from transitions.access.permissions import Marking, Role
from transitions.missions.models import Transition
from transitions.missions.pauses import pause_over
from transitions.outbox.kinds import Letter, NoLonger, NotYet
from transitions.outbox.models import Message
from transitions.reminders.before import Before
from transitions.reminders.people import holder, officer_in_charge, person
from transitions.reminders.rules import Rule, Tell
from transitions.workflow.links import link_to

from .models import Assessment, Indicator

OPENS = -14  # days: from then on it may be assessed for the period that ends
LONG, LONG_IN_WORDS = Q(frequency_days__gt=-OPENS), "assessed less often than every two weeks"
ASKED = ("in_force", "achieved")  # what is achieved can fall back
OF_ASSESSMENT = "indicator__transition"


def going_on(transition: str) -> Q:
    """Nothing is assessed any more once a transition is over, or the mission's people have left."""
    left = Q(**{f"{transition}__kind": Transition.Kind.WITHDRAWAL,
                f"{transition}__state__in": ("liquidating", "following_up")})  # fmt: skip
    return ~Q(**{f"{transition}__state__in": ("closed", "cancelled")}) & ~left


def last(transition: str) -> tuple[Any, ...]:
    order = (Role.PLANNER, Role.RESIDENT_COORDINATOR, Role.HEADQUARTERS_DESK)
    return tuple(holder(role, transition=transition) for role in order)


def stands_at(who: str, office: str, *, transition: str) -> tuple[Any, ...]:
    """A person, who acts for their office, its head; then who remains."""
    return (
        person(who, transition=transition), officer_in_charge(office),
        person(f"{office}__head", transition=transition),
    )  # fmt: skip


def provider(path: str, *, transition: str) -> tuple[Any, ...]:
    return (*stands_at(f"{path}provider", f"{path}provider_office", transition=transition),
            *owner(path, transition=transition))  # fmt: skip


def verifier(path: str, *, transition: str) -> tuple[Any, ...]:
    return (
        *stands_at(f"{path}verifier", f"{path}verifier_office", transition=transition),
        holder(Role.VERIFIER, transition=transition), *last(transition),
    )  # fmt: skip


def owner(path: str, *, transition: str) -> tuple[Any, ...]:
    """Of the benchmark."""
    of = f"{path}benchmark__owner"
    return (*stands_at(of, f"{of}_office", transition=transition), *last(transition))


def paused(path: str, *, transition: str) -> Subquery:
    """Of an indicator: the pause over its benchmark's pillar or its own area."""
    return pause_over(transition=transition, pillar=f"{path}benchmark__pillar", areas=[f"{path}area"])


type Written = Mapping[int, Letter | NoLonger | NotYet]


def while_it_goes_on(rule: Rule, messages: Sequence[Message], written: Written) -> Written:
    """What is to be assessed hangs on two other things, its benchmark and its transition: both are asked again."""
    asked = {message.thing_id for message in messages}
    still = set(rule.items.filter(pk__in=asked).values_list("pk", flat=True))
    over = {
        message.pk: NoLonger("its benchmark, or its transition, asks for nothing any more")
        for message in messages
        if message.thing_id not in still and not isinstance(written[message.pk], NoLonger)
    }
    return {**written, **over}


class AssessmentDue(Rule):
    """A frequency after the last one. Who provides and who verifies are told; late, the benchmark's owner, the planner.

    A period shorter than the notice has none. After two months of silence it is stale, which its pages say.
    """

    name = "benchmarks.assessment_due"
    title = "an assessment is due"
    items = Indicator.objects.filter(going_on("transition"), owed_on__isnull=False, benchmark__state__in=ASKED)
    marking = "benchmark__marking"
    related = ("transition", "benchmark")
    quiet = paused("", transition="transition")
    forgets_after = 60
    tells = (
        Tell(on=(OPENS, -5, 1), to=provider("", transition="transition"), where=LONG, about=LONG_IN_WORDS),
        Tell(on=(OPENS, -5, 1), to=verifier("", transition="transition"), where=LONG, about=LONG_IN_WORDS),
        Tell(
            on=(0, 1),
            to=provider("", transition="transition"),
            where=~LONG,
            about="assessed every two weeks or more often",
        ),
        Tell(on=(3,), to=owner("", transition="transition")),
        Tell(on=(10,), to=last("transition")),
    )

    def write(self, messages: Sequence[Message], *, now: datetime) -> Written:
        return while_it_goes_on(self, messages, super().write(messages, now=now))

    def letter(self, item: Indicator, *, due: date, late: int, before: Before) -> Letter:
        page = settings.SITE_URL + (link_to(item) or "")
        when = f"is due by {due:%-d %B %Y}" if late <= 0 else f"was due by {due:%-d %B %Y}"
        if item.benchmark.marking != Marking.UNCLASSIFIED:
            return Letter(f"Reminder: {item.code}", f"{item.code}\n{page}")
        lines = [f"{item.transition}: the assessment of indicator {item} ({item.benchmark.title}) {when}."]
        lines += [f"It is to be assessed every {item.frequency_days} days, counted from {item.counts_from}."]
        lines += [f"Late by {late} days. Told before you: {before}."] * (late > 1)
        return Letter(f"Assessment {when}: {item}", "\n".join([*lines, "Enter it, or say why there is none:", page]))


class VerificationDue(Rule):
    """Submitted, and not verified or returned within five working days: to the verifier, then to the planner."""

    name = "benchmarks.verification_due"
    title = "an assessment waits for its verification"
    items = Assessment.objects.filter(going_on(OF_ASSESSMENT), owed_on__isnull=False)
    transition = OF_ASSESSMENT
    marking = "indicator__benchmark__marking"
    related = ("indicator__transition", "indicator__benchmark", "entered_by")
    quiet = paused("indicator__", transition=OF_ASSESSMENT)
    tells = (
        Tell(on=(-2, 1), to=verifier("indicator__", transition=OF_ASSESSMENT)),
        Tell(on=(3, 10), to=last(OF_ASSESSMENT)),
    )

    def write(self, messages: Sequence[Message], *, now: datetime) -> Written:
        return while_it_goes_on(self, messages, super().write(messages, now=now))

    def letter(self, item: Assessment, *, due: date, late: int, before: Before) -> Letter:
        page = settings.SITE_URL + (link_to(item) or "")
        when = f"is due by {due:%-d %B %Y}" if late <= 0 else f"was due by {due:%-d %B %Y}"
        if item.indicator.benchmark.marking != Marking.UNCLASSIFIED:
            return Letter(f"Reminder: {item.indicator.code}", f"{item.indicator.code}\n{page}")
        lines = [f"{item}, entered by {item.entered_by}, was submitted on {item.submitted_on} and is not verified."]
        lines += [f"Told before you: {before}."] * (late > 1)
        lines += ["Verify it, or return it with a reason. Nobody verifies their own entry:", page]
        return Letter(f"Verification {when}: {item}", "\n".join(lines))
