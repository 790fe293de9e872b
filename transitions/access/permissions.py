"""One enum of permissions, and roles in code: a sentence and what they may.

Sources: domain catalogue, table of who does what.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.db import models


class Marking(models.TextChoices):
    """How widely a record may be read. The order is the order of secrecy."""

    UNCLASSIFIED = "unclassified", "unclassified"
    CONFIDENTIAL = "confidential", "confidential"
    STRICTLY_CONFIDENTIAL = "strictly_confidential", "strictly confidential"

    @classmethod
    def up_to(cls, highest: "Marking") -> list["Marking"]:
        ordered = list(cls)
        return ordered[: ordered.index(highest) + 1]

    @classmethod
    def strictest(cls, markings: Iterable[str]) -> "Marking":
        return max((cls(marking) for marking in markings), key=list(cls).index)


class Permission(StrEnum):
    VIEW = "view"
    PLAN = "plan"
    RECORD_INSTRUMENT = "record_instrument"
    RECORD_FACT = "record_fact"
    APPROVE_CALENDAR = "approve_calendar"
    APPROVE_PLAN = "approve_plan"
    DIRECT = "direct"
    PAUSE = "pause"
    COMPLETE = "complete"
    CLOSE = "close"
    CANCEL = "cancel"
    SET_UP = "set_up"
    GRANT_ROLES = "grant_roles"
    READ_MESSAGES = "read_messages"
    ACCEPT_HANDOVER = "accept_handover"
    MEASURE = "measure"
    VERIFY = "verify"


class Role(models.TextChoices):
    PLANNER = "planner", "planner"
    PILLAR_LEAD = "pillar_lead", "pillar lead"
    HEAD_OF_MISSION = "head_of_mission", "head of mission"
    DEPUTY_HEAD = "deputy_head", "deputy head of mission"
    RESIDENT_COORDINATOR = "resident_coordinator", "resident coordinator"
    UNCT_FOCAL_POINT = "unct_focal_point", "country team focal point"
    GOVERNMENT_FOCAL_POINT = "government_focal_point", "Government focal point"
    SUCCESSOR_FOCAL_POINT = "successor_focal_point", "successor mission focal point"
    MISSION_SUPPORT = "mission_support", "mission support"
    HEADQUARTERS_DESK = "headquarters_desk", "headquarters desk"
    PROVIDER = "provider", "data provider"
    VERIFIER = "verifier", "verifier"
    AUDITOR = "auditor", "auditor"


@dataclass(frozen=True)
class Post:
    """What a role means: one sentence for people, permissions and clearance for the program."""

    sentence: str
    permissions: frozenset[Permission]
    clearance: Marking = Marking.UNCLASSIFIED


def post(sentence: str, *permissions: Permission, clearance: Marking = Marking.CONFIDENTIAL) -> Post:
    return Post(sentence, frozenset({Permission.VIEW, *permissions}), clearance)


P, OPEN, SECRET = Permission, Marking.UNCLASSIFIED, Marking.STRICTLY_CONFIDENTIAL

POSTS: dict[Role, Post] = {
    Role.PLANNER: post(
        "Keeps the plan and the calendar, records instruments and facts, sets up offices and areas.",
        P.PLAN, P.RECORD_INSTRUMENT, P.RECORD_FACT, P.APPROVE_PLAN, P.SET_UP, P.READ_MESSAGES, P.MEASURE,
        clearance=SECRET,
    ),
    Role.PILLAR_LEAD: post("Leads one pillar: plans and finishes what belongs to it.", P.PLAN),
    Role.HEAD_OF_MISSION: post(
        "Decides for the mission: signs the plan, starts it, pauses it, ceases operations.",
        P.APPROVE_PLAN, P.APPROVE_CALENDAR, P.DIRECT, P.PAUSE, P.COMPLETE, P.RECORD_FACT, P.READ_MESSAGES,
        clearance=SECRET,
    ),
    Role.DEPUTY_HEAD: post(
        "Stands in for the head of mission and hears of hard items that are two weeks late.",
        P.APPROVE_CALENDAR, P.COMPLETE, clearance=SECRET,
    ),
    Role.RESIDENT_COORDINATOR: post(
        "Signs for the country team and remains when the mission has left.",
        P.APPROVE_PLAN, P.APPROVE_CALENDAR, P.COMPLETE, P.CLOSE, P.RECORD_FACT, P.ACCEPT_HANDOVER, clearance=SECRET,
    ),
    Role.UNCT_FOCAL_POINT: post(
        "Speaks for a country team entity, accepts for it, and works on what its office owns.", P.ACCEPT_HANDOVER,
        P.MEASURE,
    ),
    Role.GOVERNMENT_FOCAL_POINT: post(
        "Speaks for a national or local Government body, accepts for it, and works on what it owns.",
        P.ACCEPT_HANDOVER, P.MEASURE, clearance=OPEN,
    ),
    Role.SUCCESSOR_FOCAL_POINT: post(
        "Speaks for the successor mission, accepts for it, and works on what it owns.", P.ACCEPT_HANDOVER,
        clearance=OPEN,
    ),
    Role.MISSION_SUPPORT: post(
        "Runs sites, assets and the liquidation for the mission.", P.COMPLETE
    ),
    Role.HEADQUARTERS_DESK: post(
        "Follows the transition at headquarters, hears of overrides, signs its close.",
        P.RECORD_INSTRUMENT, P.RECORD_FACT, P.DIRECT, P.PAUSE, P.COMPLETE, P.CLOSE, P.CANCEL, P.GRANT_ROLES,
        P.READ_MESSAGES,
        clearance=SECRET,
    ),
    Role.PROVIDER: post("Enters measurements.", P.MEASURE, clearance=OPEN),
    Role.VERIFIER: post("Verifies what others have entered, never their own entry.", P.VERIFY),
    Role.AUDITOR: post("Reads everything, writes nothing.", P.READ_MESSAGES, clearance=SECRET),
}  # fmt: skip


def roles_with(permission: Permission) -> list[Role]:
    """The roles that hold a permission, for sentences such as "a planner or the head of mission can clear this"."""
    return [role for role, held in POSTS.items() if permission in held.permissions]
