"""Messages that must leave, and when people want to have them."""

from .addresses import Address
from .held import Held
from .messages import WAITING, Message
from .preferences import Absence, Pace, Preference, Told
from .working_weeks import Holiday, WorkingWeek

__all__ = ["WAITING", "Absence", "Address", "Held", "Holiday", "Message", "Pace", "Preference", "Told", "WorkingWeek"]
