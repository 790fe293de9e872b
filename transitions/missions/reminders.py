"""Who hears of what remains to be done after a mission. Source: domain catalogue, sections A and N: “item due”.

Whoever owns it is told first; late, the coordinator, who remains, and then headquarters.
"""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import CharField, Value

from transitions.access.permissions import Marking, Role
from transitions.outbox.kinds import Letter
from transitions.reminders.before import Before
from transitions.reminders.people import holder, officer_in_charge, person
from transitions.reminders.rules import Rule, Tell
from transitions.workflow.links import link_to

from .models import FollowUpCheck, ResidualObligation
from .models.plan import Owed

UNMARKED = Value(Marking.UNCLASSIFIED.value, CharField())
LAST = (holder(Role.RESIDENT_COORDINATOR), holder(Role.HEADQUARTERS_DESK), holder(Role.PLANNER))
OWNER = (person("owner"), officer_in_charge("owner_office"), person("owner_office__head"))
TELLS = (
    Tell(on=(-30, -14, -7, -1, 0, 1), to=(*OWNER, *LAST)),
    Tell(on=(7,), to=LAST),
    Tell(on=(14,), to=(holder(Role.HEADQUARTERS_DESK), *LAST)),
)


def owed(model: type[Owed]) -> Any:
    """Of a transition that was called off nothing remains to be done."""
    rows: Any = model._default_manager.filter(owed_on__isnull=False).exclude(transition__state="cancelled")
    return rows.annotate(marking=UNMARKED)


class ObligationDue(Rule):
    name = "missions.obligation_due"
    title = "what liquidation leaves behind is due"
    items: ClassVar[Any] = owed(ResidualObligation)
    related = ("transition", "owner_office")
    office = "owner_office"
    tells = TELLS

    def letter(self, item: ResidualObligation, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item, "What liquidation leaves behind", due, late, before)


class FollowUpCheckDue(Rule):
    name = "missions.follow_up_check_due"
    title = "a look after the exit is due"
    items: ClassVar[Any] = owed(FollowUpCheck)
    related = ("transition", "owner_office")
    office = "owner_office"
    tells = TELLS

    def letter(self, item: FollowUpCheck, *, due: date, late: int, before: Before) -> Letter:
        return letter_about(item, "A look at whether what was handed over still stands", due, late, before)


def letter_about(item: Owed, what: str, due: date, late: int, before: Before) -> Letter:
    when = f"is due on {due:%-d %B %Y}" if late <= 0 else f"was due on {due:%-d %B %Y}"
    lines = [f"{item.transition}: “{item}” {when}.", f"{what}."]
    lines += [f"Office: {item.owner_office}"] * bool(item.owner_office)
    lines += [f"Late by {late} days. Told before you: {before}."] * (late > 1)
    lines += ["Say that it is done, or give it another day:", settings.SITE_URL + (link_to(item) or "")]
    return Letter(f"{item} {when}", "\n".join(lines))
