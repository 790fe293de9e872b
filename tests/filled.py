"""One row of any model, with the least that the database asks for: for tests that sweep over all models."""

from itertools import count
from typing import Any
from uuid import uuid4

from django.apps import apps
from django.db import models

from tests import world
from transitions.access.models import User
from transitions.missions.models import Transition

number = count(1)
ALSO: dict[str, dict[str, Any]] = {
    "benchmarks.carryover": {"name": "The successor"},
    "benchmarks.target": {"value": 1},
    "benchmarks.benchmarkterms": {"number": 1},
    "benchmarks.indicatorterms": {"number": 1},
    "outbox.workingweek": {"days_off": [5, 6]},
    "missions.effect": {"kind": "authorises"},
    "workflow.evidence": {"text": "Signed."},
    "handovers.followupschedule": {"days": [30]},
    "handovers.followupanswer": {"source": "visit"},
    "handovers.conditionanswer": {"source": "note"},
}
ABOUT = {"handovers.handover", "handovers.incident"}  # about a task or a site, which may each be empty


def filled[T: models.Model](model: type[T], transition: Transition, **given: Any) -> T:
    """Past the doors of the program on purpose: what is tried is the database."""
    values = ALSO.get(model._meta.label_lower, {}) | given
    if model._meta.label_lower in ABOUT and not {"task", "site"} & values.keys():
        values["task"] = filled(apps.get_model("handovers.mandatedtask"), transition)
    if model._meta.label_lower == "benchmarks.displaycode" and not {"benchmark", "indicator"} & values.keys():
        values["benchmark"] = filled(apps.get_model("benchmarks.benchmark"), transition)
    if model._meta.label_lower == "outbox.absence" and "deputy" not in values:
        values["deputy"] = world.person()
    for field in model._meta.concrete_fields:
        needed = not (field.null or field.primary_key or field.generated or field.has_default() or field.blank)
        if (needed or field.name == "transition") and field.name not in values:
            values[field.name] = value_for(field, transition)
    return model._base_manager.bulk_create([model(**values)])[0]


def value_for(field: Any, transition: Transition) -> Any:
    match field:
        case models.ForeignKey():
            known = {Transition: transition, User: world.founder()}
            return known.get(field.related_model) or filled(field.related_model, transition)
        case models.DateTimeField():
            return world.NOW
        case models.DateField():
            return world.NOW.date()
        case models.IntegerField():
            return next(number) % 30_000
        case models.UUIDField():
            return uuid4()
        case models.BooleanField():
            return False
        case models.UUIDField():
            return uuid4()
    return field.choices[0][0] if field.choices else f"x{next(number)}"[: field.max_length]
