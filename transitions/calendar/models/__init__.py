"""One integrated calendar per transition, of mission and country team together."""

from .dependencies import ENDS_STAY, Dependency
from .events import NationalEvent
from .feed_addresses import FeedAddress
from .milestones import OUTDOORS, OWED, Milestone, Redating
from .resolution import AffectedItem, Kept
from .versions import ApprovedVersion, VersionItem

__all__ = [
    "ENDS_STAY", "OUTDOORS", "OWED", "AffectedItem", "ApprovedVersion", "Dependency", "FeedAddress", "Kept",
    "Milestone", "NationalEvent", "Redating", "VersionItem",
]  # fmt: skip
