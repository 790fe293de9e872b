"""What is not one room's alone: signatures of whatever thing, and what was left open with an owner."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps

from transitions.clock.present import day
from transitions.workflow.asked import Signing, may_take_it, signings
from transitions.workflow.models import OpenItem

from .panel import words
from .weeks import Mine, Row, Week

AT_STEPS = "#tr-steps"


class SignaturesWeek(Week):
    def asked(self, mine: Mine) -> Iterator[Row]:
        """To sign; and once everybody has, to take the step."""
        for one in signings(by=mine.user, now=mine.now):
            role = one.asked_of(mine.user, now=mine.now)
            if role is not None:
                ask = f"Sign as {role.label}: {words(one.step.name)}"
            elif not one.missing and may_take_it(one.thing, one.step.name, by=mine.user, now=mine.now):
                ask = f"{words(one.step.name).capitalize()}: everybody has signed"
            else:
                continue
            yield mine.of_thing(one.thing, ask, one.transition, AT_STEPS, whose=signed_by(one))

    def standing(self, mine: Mine) -> Iterator[Row]:
        """What they have signed, and others have not."""
        for one in signings(by=mine.user, now=mine.now):
            own = one.own(mine.user)
            if own and one.missing:
                yield mine.of_thing(
                    one.thing, f"Signatures for: {words(one.step.name)}", one.transition, AT_STEPS,
                    whose=", ".join(str(role.label) for role in one.missing),
                    since=day(own.signed_at, one.transition.time_zone),
                )  # fmt: skip


def signed_by(one: Signing) -> str:
    return f"signed by {', '.join(str(given.by) for given in one.given)}" if one.given else ""


class OpenItemsWeek(Week):
    """“Open at that date”: owed by who took it over."""

    def owed(self, mine: Mine) -> Iterator[Row]:
        theirs = mine.own(owner="residual_owner", office="residual_office")
        left = mine.seen(OpenItem).filter(theirs, closed_at=None, due_on__lte=mine.until)
        for item in left.select_related("transition", "residual_office"):
            yield mine.of_thing(
                item, "Settle what was left open", item.transition, day=item.due_on,
                whose=mine.whose(item.residual_owner_id, item.residual_office),
            )  # fmt: skip


class TransitionsWeek(Week):
    """The transitions themselves: their steps concern everybody who works there."""

    def own(self, mine: Mine) -> dict[Any, Any]:
        model = apps.get_model("missions.Transition")
        return {model: mine.seen(model).filter(pk__in=mine.transitions)}
