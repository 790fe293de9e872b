"""One integrated calendar per transition, of mission and country team together."""

from .events import Dependency, NationalEvent
from .milestones import OWED, Milestone, Redating
from .versions import ApprovedVersion, VersionItem

__all__ = ["OWED", "ApprovedVersion", "Dependency", "Milestone", "NationalEvent", "Redating", "VersionItem"]
