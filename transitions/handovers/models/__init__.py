"""Mandated tasks and sites, their handovers, and what was seen afterwards."""

from .aftermath import Answer, FollowUp, FollowUpAnswer, FollowUpSchedule, Incident
from .agreement import Acceptance, AgreedText, Condition, ConditionAnswer
from .handovers import OPEN, Handover, RecipientChange, RecipientKind
from .package import Dimension, Level, PackageItem, PackageTemplateItem, Readiness
from .plan import HandoverPlan
from .tasks import MandatedTask, Site

__all__ = [
    "OPEN", "Acceptance", "AgreedText", "Answer", "Condition", "ConditionAnswer", "Dimension", "FollowUp",
    "FollowUpAnswer", "FollowUpSchedule", "Handover", "HandoverPlan", "Incident", "Level", "MandatedTask",
    "PackageItem", "PackageTemplateItem", "Readiness", "RecipientChange", "RecipientKind", "Site",
]  # fmt: skip
