"""Who hears of a milestone that is due. Source: domain catalogue, section N; one person a rung, and never nobody."""

from datetime import date

from django.conf import settings
from django.db.models import BigIntegerField, Case, F, OuterRef, Q, When

from transitions.access.permissions import Marking, Role
from transitions.missions.models import Side, Transition
from transitions.missions.pauses import pause_over
from transitions.outbox.kinds import Letter
from transitions.reminders.before import Before
from transitions.reminders.people import holder, officer_in_charge, person
from transitions.reminders.rules import Rule, Tell
from transitions.workflow.links import link_to

from .models import Milestone

DESK = (holder(Role.RESIDENT_COORDINATOR), holder(Role.HEADQUARTERS_DESK))
LAST = (holder(Role.PLANNER), *DESK)
OFFICE = (officer_in_charge("owner_office"), person("owner_office__head"))
REMAINS = (officer_in_charge("owner_office__residual_office"), person("owner_office__residual_office__head"), *DESK)
PILLAR_LEAD = (holder(Role.PILLAR_LEAD, pillar=OuterRef("pillar")), holder(Role.PILLAR_LEAD, pillar=None))
LEFT = Q(transition__kind=Transition.Kind.WITHDRAWAL,
         transition__state__in=("liquidating", "following_up", "closed"))  # fmt: skip
OURS = Q(owner_office__side=Side.MISSION) | Q(owner_office=None)
THEIRS = Q(owner_office__side__in=(Side.COUNTRY_TEAM, Side.GOVERNMENT))
STAY_DUE = ("mandate", "report", "agreement", "funding")  # what no pause of ours moves

PAUSE = pause_over(transition="transition", pillar="pillar", areas=["area"], phase="phase")


class MilestoneDue(Rule):
    """To its owner; a week late, to who leads on the owner's own side; two weeks late, the hard ones go up."""

    name = "calendar.milestone_due"
    title = "a milestone is due"
    hard = F("hard")
    items = Milestone.objects.filter(owed_on__isnull=False)
    related = ("owner_office", "pillar", "transition")
    quiet = Case(
        When(Q(hard=False) & ~Q(kind__in=STAY_DUE), then=PAUSE),
        default=None,
        output_field=BigIntegerField(),
    )
    office = "owner_office"
    tells = (
        Tell(on=(-30, -14, -7, -1, 0, 1), to=(person("owner"), *OFFICE, *LAST)),
        Tell(on=(7,), to=(*PILLAR_LEAD, *LAST), where=OURS & ~LEFT, about="the mission's, while it is there"),
        Tell(on=(7,), to=(*REMAINS, *LAST), where=OURS & LEFT, about="the mission's, once it has left"),
        Tell(on=(7,), to=(person("owner_office__head"), *OFFICE, *LAST),
             where=Q(owner_office__side=Side.COUNTRY_TEAM), about="the country team's"),
        Tell(on=(7,), to=(holder(Role.UNCT_FOCAL_POINT), *LAST), where=Q(owner_office__side=Side.GOVERNMENT),
             about="the Government's"),
        Tell(on=(7,), to=(*OFFICE, *LAST), where=~OURS & ~THEIRS, about="of other sides"),
        Tell(on=(14,), to=(holder(Role.DEPUTY_HEAD), holder(Role.HEAD_OF_MISSION), *LAST), up=True,
             where=Q(hard=True) & OURS & ~LEFT, about="the mission's hard ones, while it is there"),
        Tell(on=(14,), to=(*DESK, *LAST), up=True, where=Q(hard=True) & (THEIRS | OURS & LEFT),
             about="hard ones of the country team, of the Government, and of a mission that has left"),
        Tell(on=(14,), to=(holder(Role.HEADQUARTERS_DESK), *LAST), up=True, where=Q(hard=True) & ~OURS & ~THEIRS,
             about="hard ones of other sides"),
    )  # fmt: skip

    def letter(self, item: Milestone, *, due: date, late: int, before: Before) -> Letter:
        page = settings.SITE_URL + (link_to(item) or "")
        if item.marking != Marking.UNCLASSIFIED:
            return Letter(f"Reminder: {item.code}", f"{item.code}\n{page}")
        uncertain = " (the day is not certain)" if item.approximate else ""
        lines = [f"{item}", f"{item.transition}: due on {due:%-d %B %Y}{uncertain}. {when(late)}.", ""]
        lines += [f"Office: {item.owner_office}"] * bool(item.owner_office)
        lines += [f"Pillar: {item.pillar}"] * bool(item.pillar)
        lines += ["It is hard: it needs evidence when it is finished."] * item.hard
        lines += [f"Told before you: {before}."] * (late > 1)
        lines += ["", "Finish it, or ask for another date and say why:", page]
        return Letter(f"{when(late)}: {item}, {due:%-d %B %Y}", "\n".join(lines))


def when(late: int) -> str:
    if late == 0:
        return "Due today"
    days = f"{abs(late)} day{'s' * (abs(late) > 1)}"
    return f"Due in {days}" if late < 0 else f"Late by {days}"
