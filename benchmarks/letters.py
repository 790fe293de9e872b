"""Messages about benchmarks that no step sends by itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.conf import settings

from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message
from transitions.workflow.links import link_to

from .models import Benchmark, ReadinessClass

NAMED = dict(ReadinessClass.choices) | {"achieved": "achieved", "in_force": "in force, not achieved"}


class Fell(Kind):
    """A condition for exit is not what it was: said to who answers for it and to the heads."""

    name = "benchmarks.fell"
    title = "a condition for exit has fallen back"
    urgent = True

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = {message.thing_id for message in messages}
        found = Benchmark.objects.select_related("transition").in_bulk(wanted)
        return {
            message.pk: self.letter(message, found[message.thing_id]) if message.thing_id in found
            else NoLonger("it was deleted")
            for message in messages
        }  # fmt: skip

    def letter(self, message: Message, benchmark: Benchmark) -> Letter:
        title = f"{benchmark.transition}: condition for exit {benchmark.code} has fallen back"
        page = f"{settings.SITE_URL}{link_to(benchmark)}"
        if message.marking != "unclassified":
            return Letter(title, page)
        said = message.payload
        lines = [str(benchmark), f"Class: {named(said['was'])}, now {named(said['became'])}."]
        if said["was_met"] != said["met"]:
            lines.append(f"By measurements: {said['was_met']}, now {said['met']}.".replace("_", " "))
        lines += [f"Reason: {reason}" for reason in [said.get("reason")] if reason]
        lines.append("Handovers that depend on it are marked for review.")
        return Letter(title, "\n".join([*lines, page]))


def named(judged: str) -> str:
    return str(NAMED.get(judged, judged))
