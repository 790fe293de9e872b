"""Messages about benchmarks that no step sends by itself."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import ClassVar

from django.conf import settings

from transitions.access.permissions import Marking
from transitions.outbox.kinds import Kind, Letter, NoLonger
from transitions.outbox.models import Message
from transitions.workflow.links import link_to

from .at_a_day import DECIDES, NOT_COLLECTED
from .models import Benchmark, Indicator, Measurement, ReadinessClass

NAMED = dict(ReadinessClass.choices) | {"achieved": "achieved", "in_force": "in force, not achieved"}


class AboutABenchmark(Kind):
    """What became of one, and why: said to who answers for it."""

    subject: ClassVar[str]
    then: ClassVar[str] = ""

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = {message.thing_id for message in messages}
        found = Benchmark.objects.select_related("transition").in_bulk(wanted)
        return {
            message.pk: self.letter(message, found[message.thing_id]) if message.thing_id in found
            else NoLonger("it was deleted")
            for message in messages
        }  # fmt: skip

    def letter(self, message: Message, benchmark: Benchmark) -> Letter:
        title = f"{benchmark.transition}: {self.subject.format(benchmark.code)}"
        page = f"{settings.SITE_URL}{link_to(benchmark)}"
        if Marking.strictest([message.marking, benchmark.marking]) != Marking.UNCLASSIFIED:
            return Letter(f"{benchmark.transition}: news of {benchmark.code}", f"{benchmark.code}\n{page}")
        said = message.payload
        lines = [str(benchmark), f"Class: {named(said['was'])}, now {named(said['became'])}."]
        if said["was_met"] != said["met"]:
            lines.append(f"By measurements: {said['was_met']}, now {said['met']}.".replace("_", " "))
        lines += [f"Reason: {reason}" for reason in [said.get("reason")] if reason]
        lines += [self.then] * bool(self.then)
        return Letter(title, "\n".join([*lines, page]))


class Fell(AboutABenchmark):
    """A condition for exit is not what it was: it cannot wait, and the heads hear of it too."""

    name = "benchmarks.fell"
    urgent = True
    title = "a condition for exit has fallen back"
    subject = "condition for exit {} has fallen back"
    then = "Handovers that depend on it are marked for review."


class Worsened(AboutABenchmark):
    """Another benchmark has fallen back, or any stands in a worse class than before."""

    name = "benchmarks.worsened"
    urgent = True  # the catalogue says: the same day
    title = "a benchmark stands worse than before"
    subject = "benchmark {} stands worse than before"


def named(judged: str) -> str:
    return str(NAMED.get(judged, judged))


class NotCollected(Kind):
    """Twice running: nobody knows how it stands. Withdrawn where there is a value by the time that it would leave."""

    name = "benchmarks.not_collected"
    title = "an indicator was not collected twice running"
    urgent = True  # the catalogue says: the same day

    def write(self, messages: Sequence[Message], *, now: datetime) -> Mapping[int, Letter | NoLonger]:
        wanted = {message.thing_id for message in messages}
        found = Indicator.objects.select_related("transition", "benchmark").in_bulk(wanted)
        latest = Measurement.objects.filter(DECIDES, indicator__in=wanted, superseded_by=None)
        latest = latest.order_by("indicator_id", "-holds_from", "-pk").distinct("indicator_id")
        missing = {row.indicator_id for row in latest if row.quality == NOT_COLLECTED}
        return {
            message.pk: self.letter(message, found[message.thing_id]) if message.thing_id in found.keys() & missing
            else NoLonger("there is a value by now")
            for message in messages
        }  # fmt: skip

    def letter(self, message: Message, indicator: Indicator) -> Letter:
        title = f"{indicator.transition}: indicator {indicator.code} was not collected twice running"
        page = f"{settings.SITE_URL}{link_to(indicator)}"
        if Marking.strictest([message.marking, indicator.benchmark.marking]) != Marking.UNCLASSIFIED:
            return Letter(f"{indicator.transition}: news of {indicator.code}", f"{indicator.code}\n{page}")
        days = " and ".join(f"{date.fromisoformat(on):%-d %B %Y}" for on in message.payload["days"])
        lines = [f"{indicator}, of {indicator.benchmark.title}: nothing was collected as of {days}."]
        lines += ["A condition for exit depends on it."] * indicator.benchmark.condition_for_exit
        lines += ["Not collected is neither zero nor met: collect it, or say how it is to be judged without.", page]
        return Letter(title, "\n".join(lines))
