"""Who hears of a milestone that is due. Source: domain catalogue, section N; one person a rung, and never nobody."""

from datetime import date

from django.conf import settings
from django.db.models import BigIntegerField, Case, OuterRef, Q, Subquery, When
from django.urls import reverse

from transitions.access.permissions import Marking, Role
from transitions.missions.models import Pause, Side
from transitions.outbox.kinds import Letter
from transitions.outbox.models import Message
from transitions.reminders.people import holder, officer_in_charge, person
from transitions.reminders.rules import Rule, Tell

from .models import Milestone

LAST = (holder(Role.PLANNER), holder(Role.RESIDENT_COORDINATOR), holder(Role.HEADQUARTERS_DESK))
OFFICE = (officer_in_charge("owner_office"), person("owner_office__head"))
OWNER = (person("owner"), *OFFICE, *LAST)
PILLAR_LEAD = (holder(Role.PILLAR_LEAD, pillar=OuterRef("pillar")), holder(Role.PILLAR_LEAD, pillar=None))
LEFT = Q(transition__state__in=("liquidating", "following_up"))  # the mission's people are gone by then
OURS = Q(owner_office__side=Side.MISSION) | Q(owner_office=None)
THEIRS = Q(owner_office__side__in=(Side.COUNTRY_TEAM, Side.GOVERNMENT))
STAY_DUE = ("mandate", "report", "agreement", "funding")  # what no pause of ours moves

in_area = [Q(area=OuterRef(path)) for path in ("area", "area__parent", "area__parent__parent")]
PAUSE = Pause.objects.filter(
    Q(phase=None, area=None, pillar=None) | Q(phase=OuterRef("phase")) | Q(pillar=OuterRef("pillar"))
    | in_area[0] | in_area[1] | in_area[2],
    transition=OuterRef("transition"), state="in_force",
)  # fmt: skip


class MilestoneDue(Rule):
    name = "calendar.milestone_due"
    items = Milestone.objects.filter(owed_on__isnull=False)
    related = ("owner_office", "owner", "pillar", "transition")
    quiet = Case(
        When(Q(hard=False) & ~Q(kind__in=STAY_DUE), then=Subquery(PAUSE.values("pk")[:1])),
        default=None,
        output_field=BigIntegerField(),
    )
    tells = (
        Tell(on=(-30, -14, -7, -1, 0, 1), to=OWNER),
        Tell(on=(7,), to=(*PILLAR_LEAD, *LAST), where=OURS & ~LEFT),
        Tell(on=(7,), to=(person("owner_office__head"), *LAST), where=Q(owner_office__side=Side.COUNTRY_TEAM)),
        Tell(on=(7,), to=(holder(Role.UNCT_FOCAL_POINT), *LAST), where=Q(owner_office__side=Side.GOVERNMENT)),
        Tell(on=(7,), to=(*OFFICE, *LAST), where=~OURS & ~THEIRS),
        Tell(on=(14,), to=(holder(Role.DEPUTY_HEAD), holder(Role.HEAD_OF_MISSION), *LAST),
             where=Q(hard=True) & OURS & ~LEFT),
        Tell(on=(14,), to=(holder(Role.RESIDENT_COORDINATOR), holder(Role.HEADQUARTERS_DESK), *LAST),
             where=Q(hard=True) & (THEIRS | OURS & LEFT)),
        Tell(on=(14,), to=(holder(Role.HEADQUARTERS_DESK), *LAST), where=Q(hard=True) & ~OURS & ~THEIRS),
        Tell(on=(7,), to=(person("owner_office__residual_office__head"), holder(Role.RESIDENT_COORDINATOR), *LAST),
             where=OURS & LEFT),
    )  # fmt: skip

    def letter(self, item: Milestone, *, due: date, rung: int, message: Message) -> Letter:
        secret = item.marking != Marking.UNCLASSIFIED
        named = item.code if secret else str(item)
        subject = f"{when(rung)}: {named}, {due:%-d %B %Y}"
        lines = [f"{named} of {item.transition} is due on {due:%-d %B %Y}.", f"Today: {when(rung).lower()}."]
        if not secret:
            lines += [f"Office: {item.owner_office}"] * bool(item.owner_office)
            lines += [f"Pillar: {item.pillar}"] * bool(item.pillar)
            lines += ["It is hard: it needs evidence when it is finished."] * item.hard
        if rung >= 7:
            lines.append(f"You read this because it is {rung} days late; {item.owner or 'its office'} was told before.")
        lines.append("Finish it, or re-date it with a reason:")
        lines.append(settings.SITE_URL + reverse("admin:calendar_milestone_change", args=[item.pk]))
        return Letter(subject, "\n".join(lines))


def when(rung: int) -> str:
    if rung == 0:
        return "Due today"
    days = f"{abs(rung)} day{'s' * (abs(rung) > 1)}"
    return f"Due in {days}" if rung < 0 else f"Late by {days}"
