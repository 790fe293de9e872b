"""Benchmarks, indicators, reports and what they say, from a folder of csv files or a workbook: all of it or nothing.

A file that was brought in before changes nothing, and a later one adds to what is there. What was recorded is never
edited: other words are a new wording, another definition is a new version. Another value or class of the same report is
refused, unless the row says in `correction` why the recorded one was wrong: then it supersedes that as a whole, and is
known from the day of the import on, because before nobody knew. Brought in again, neither the wrong row nor the right
one changes anything.
"""

from .bring_in import bring_in
from .files import NoSource, Source, open_path, open_uploads
from .outcome import Outcome, Refused

__all__ = ["NoSource", "Outcome", "Refused", "Source", "bring_in", "open_path", "open_uploads"]
