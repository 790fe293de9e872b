"""The rules of a transition for its planners: what was set of each, and whom each would reach today."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from inspect import getdoc
from typing import Any

from django.db.models import CharField, Count, IntegerField, Value
from django.db.models.functions import Coalesce

from transitions.access.models import User
from transitions.outbox.parcels import rung_in_words

from .models import RuleSetting
from .people import TODAY, local_day
from .rules import Rule, Tell

AROUND = timedelta(days=92)  # whose items are looked at: near enough that it matters whom they would reach today


@dataclass(frozen=True)
class Reached:
    person: str
    role: str
    items: int


@dataclass(frozen=True)
class Telling:
    """One tell in words, with the people that it reaches."""

    rungs: str
    roles: str
    about: str
    up: bool
    reached: Sequence[Reached]


@dataclass(frozen=True)
class RuleHere:
    rule: type[Rule]
    setting: RuleSetting | None
    tellings: Sequence[Telling]

    @property
    def watches(self) -> str:
        return watched(self.rule)

    @property
    def why(self) -> str:
        return first_words(self.rule)

    @property
    def switched_on(self) -> bool:
        return self.setting is None or self.setting.switched_on

    @property
    def own_leads(self) -> bool:
        return self.setting is not None and self.setting.lead_days is not None

    @property
    def lead_days(self) -> str:
        """As they are now, for the form."""
        days = self.setting.lead_days if self.setting and self.own_leads else leads_of(self.rule)
        return ", ".join(str(day) for day in days or [])


def rules_of(transition: Any, *, now: datetime) -> list[RuleHere]:
    """One query for the settings, one for each rule, one for the names."""
    settings = {setting.rule: setting for setting in RuleSetting.objects.filter(transition=transition)}
    found = {rule: reach(rule, transition, now=now) for rule in Rule.all.values()}
    ids = {person for rows in found.values() for _, person, _, _ in rows}
    names = {pk: str(user) for pk, user in User.objects.in_bulk(ids).items()}
    return [
        RuleHere(rule, settings.get(rule.name), tellings(rule, settings.get(rule.name), rows, names))
        for rule, rows in found.items()
    ]


def reach(rule: type[Rule], transition: Any, *, now: datetime) -> list[tuple[int, int, str, int]]:
    """(number of the tell, person, role, items): if each item due within three months were told of today."""
    today = now.astimezone(UTC).date()
    near = {f"{rule.owed}__range": (today - AROUND, today + AROUND), rule.transition: transition.pk}
    here = rule.items.filter(**near).order_by().annotate(**{TODAY: local_day(rule.transition, now)})
    parts = [
        here.filter(tell.where)
        .annotate(
            tell_=Value(number, IntegerField()),
            found_=Coalesce(*(path.found for path in tell.to), Value("0/"), output_field=CharField()),
        )
        .values_list("tell_", "found_")
        .annotate(items_=Count("pk"))
        for number, tell in enumerate(rule.tells)
    ]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return [(number, int(found.split("/")[0]), found.split("/", 1)[1], items) for number, found, items in rows]


def tellings(rule: type[Rule], setting: RuleSetting | None, rows: Any, names: dict[int, str]) -> list[Telling]:
    leads = setting.lead_days if setting else None
    told = []
    for number, tell in enumerate(rule.tells):
        reached = [Reached(names.get(who, "nobody"), role, items) for at, who, role, items in rows if at == number]
        tell = tell if leads is None else tell.with_leads(sorted(leads, reverse=True))
        told.append(Telling(rungs(tell), roles(tell), tell.about, tell.up,
                            sorted(reached, key=lambda one: (-one.items, one.person))))  # fmt: skip
    return told


def changes(transition: Any) -> list[dict[str, Any]]:
    """What was set of its rules, by whom and when, the last first."""
    model: Any = RuleSetting.pgh_event_model  # type: ignore[attr-defined]
    events = model.objects.filter(transition=transition.pk).select_related("pgh_context").order_by("-pgh_id")[:50]
    people = User.objects.in_bulk({actor(event) for event in events} - {None})
    return [{"event": event, "who": people.get(actor(event), "the program")} for event in events]


def actor(event: Any) -> Any:
    return event.pgh_context.metadata.get("user") if event.pgh_context else None


# --- in words


def watched(rule: type[Rule]) -> str:
    return f"{rule.items.model._meta.verbose_name}: {rule.title}"


def first_words(rule: type[Rule]) -> str:
    """Of its own docstring."""
    return " ".join((getdoc(rule) or "").split()) if "__doc__" in vars(rule) and rule.__doc__ else ""


def leads_of(rule: type[Rule]) -> list[int]:
    return sorted({-rung for tell in rule.tells for rung in tell.on if rung < 0}, reverse=True)


def rungs(tell: Tell) -> str:
    return ", ".join(rung_in_words(rung) for rung in sorted(tell.on)) or "never"


def roles(tell: Tell) -> str:
    """In the order in which they are tried."""
    return ", else ".join(dict.fromkeys(str(path.role) for path in tell.to))
