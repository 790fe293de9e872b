"""Tasks, sites and handovers as tables: xlsx and CSV, in and out."""

from .handovers import HandoverResource
from .registers import MandatedTaskResource, SiteResource

__all__ = ["HandoverResource", "MandatedTaskResource", "SiteResource"]
