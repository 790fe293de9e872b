"""Missions, their mandate instruments, and the transitions between shapes: with their plan, places and people."""

from .instruments import DATES_OF_THE_END, Driver, Effect, MandateInstrument, Strength
from .missions import Mission
from .places import Area, Office, Pillar, Sector, Side
from .plan import FollowUpCheck, Pause, Phase, PhaseCondition, ResidualObligation
from .transitions import EndState, Transition

__all__ = [
    "DATES_OF_THE_END",
    "Area",
    "Driver",
    "Effect",
    "EndState",
    "FollowUpCheck",
    "MandateInstrument",
    "Mission",
    "Office",
    "Pause",
    "Phase",
    "PhaseCondition",
    "Pillar",
    "ResidualObligation",
    "Sector",
    "Side",
    "Strength",
    "Transition",
]
