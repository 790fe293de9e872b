"""The work list of an instrument in the admin: what was typed, filled in for many rows, and settled at once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.urls import reverse

from transitions.access.models import may
from transitions.access.permissions import Permission
from transitions.workflow.engine import StepRefused

from .dated import NewDay
from .ends_moved import MovedEnd
from .following import foresee, told
from .owner_notes import notes_for, send
from .resolution_lists import ResolutionList, Row, lists_of
from .settling import DROP, KEEP, REDATE, Choice, may_settle, settle

PER_PAGE = 100  # rows with fields: below what Django takes as one form (1,000 fields)
MOVE_BY, MOVE_TO = "move_by", "move_to"
HOWS = ((REDATE, "re-date"), (KEEP, "keep"), (DROP, "drop"))
BULK = ((MOVE_BY, "move by days"), (MOVE_TO, "move to a day"), (KEEP, "keep"), (DROP, "drop"))


@dataclass
class Line:
    """One open row of the page, with what somebody has typed into it."""

    row: Row
    lead: MovedEnd | None
    may: bool
    how: str = ""
    day: str = ""
    reason: str = ""
    version: str = ""
    ticked: bool = False
    error: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def after_old(self) -> int | None:
        return (self.row.day - self.lead.was).days if self.lead and self.lead.was and self.row.day else None

    @property
    def after_new(self) -> int | None:
        return (self.row.day - self.lead.becomes).days if self.lead and self.row.day else None

    @property
    def heading(self) -> str:
        return self.row.sort


class NoList(Exception):
    """There is no such list, or none of it may be seen."""


def list_of(transition: Any, instrument: int, *, user: Any, now: datetime) -> ResolutionList:
    found = lists_of(transition, user=user, now=now, instrument=instrument)
    if not found or not found[0].seen:
        raise NoList
    return found[0]


def lines_of(
    transition: Any, found: ResolutionList, number: Any, given: Mapping[str, str], *, user: Any, now: datetime
) -> Page[Line]:
    """A page of what is open, by sort and day; of what was posted the same rows, though others are settled by now."""
    posted = [row for row in found.seen if f"version-{row.pk}" in given]
    order = sorted(posted or found.open, key=lambda row: (row.sort, row.day or date.max, row.code))
    page: Page[Any] = Paginator(order, max(PER_PAGE, len(posted))).get_page(1 if posted else number)
    lead = found.moves[0] if found.moves else None
    page.object_list = [
        line_of(row, lead, given, may=may_settle(row, transition, by=user, now=now)) for row in page.object_list
    ]
    return page


def line_of(row: Row, lead: MovedEnd | None, given: Mapping[str, str], *, may: bool) -> Line:
    typed = {name: given.get(f"{name}-{row.pk}", "") for name in ("how", "day", "reason")}
    typed["version"] = given.get(f"version-{row.pk}", str(getattr(row.thing, "version", "")))
    ticked = f"tick-{row.pk}" in given or "tick-all" in given
    return Line(row, lead, may, typed["how"], typed["day"], typed["reason"], typed["version"], ticked)


def fill(lines: Iterable[Line], given: Mapping[str, str]) -> None:
    """Write into the ticked rows what is to become of all of them. Nothing is done yet: it is there to be looked at.

    Raises:
        ValidationError: no row is ticked, or not what to do with them.
    """
    ticked = [line for line in lines if line.ticked and line.may and line.row.is_open]
    if not ticked:
        raise ValidationError("Tick the rows that it is for.")
    how, reason = given.get("all-how", ""), given.get("all-reason", "").strip()
    if how not in dict(BULK):
        raise ValidationError("Choose what is to become of the ticked rows.")
    day = day_from(given.get("all-day", "")) if how == MOVE_TO else None
    if how == MOVE_TO and day is None:
        raise ValidationError("Say to which day they move.")
    days = days_of(given) if how == MOVE_BY else 0
    for line in ticked:
        line.how = REDATE if how in (MOVE_BY, MOVE_TO) else how
        line.reason = reason or line.reason
        if line.how == REDATE and line.row.day:
            line.day = (day or line.row.day + timedelta(days=days)).isoformat()


KNOWN_ALREADY = ("hard", "owner")  # the row says so itself


def look_ahead(transition: Any, lines: Iterable[Line], *, by: Any, now: datetime) -> list[dict[str, Any]]:
    """Say on each row what there is to say of its new day. Returns what would lie too early then, and was not moved."""
    to_move = [line for line in lines if line.how == REDATE and line.day and line.row.is_open]
    if not to_move:
        return []
    moves = [NewDay(one.row.thing, day_from(one.day, str(one.row.thing)), "") for one in to_move]
    moved = {move.key: line for move, line in zip(moves, to_move, strict=True)}
    shown = told(foresee(moves, now=now), transition, by=by, now=now)
    for row in shown["moves"]:
        said = [one["sentence"] for one in row["warnings"] if one["code"] not in KNOWN_ALREADY]
        if row["id"]:
            moved[row["type"], row["id"]].warnings = tuple(said)
    follows: list[dict[str, Any]] = shown["follows"]
    return follows


def days_of(given: Mapping[str, str]) -> int:
    try:
        days = int(given.get("all-days", ""))
    except ValueError:
        raise ValidationError("Say by how many days they move: 61, or -30 for earlier.")
    if not 0 < abs(days) <= 10_000:
        raise ValidationError("Say by how many days they move: at most 10,000, and not 0.")
    return days


def day_from(text: str, what: str = "The day") -> date | None:
    """Raises ValidationError for what is no day."""
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValidationError(f"{what}: “{text}” is not a day, write it like 2020-10-31.")


def settle_lines(transition: Any, lines: Iterable[Line], *, by: Any, now: datetime) -> int:
    """Settle the rows of the page that have a choice. Raises as `settle` does."""
    chosen = [line for line in lines if line.how]
    if not chosen:
        raise ValidationError("No row has a choice yet.")
    wrong: dict[str, str] = {}
    choices = []
    for line in chosen:
        try:
            choices.append(choice_of(line))
        except ValidationError as refusal:
            wrong[f"item-{line.row.pk}"] = refusal.messages[0]
    if wrong:
        raise ValidationError(wrong)
    return settle(transition, choices, by=by, now=now)


def choice_of(line: Line) -> Choice:
    """Raises ValidationError, naming the row, for what is no day or carries no version."""
    row = line.row
    day = day_from(line.day, str(row.thing)) if line.how == REDATE else None
    if not line.version.isdecimal():
        raise ValidationError(f"{row.thing}: the page did not say which version it showed, open it again.")
    return Choice(row.item, line.how, line.reason, day, int(line.version))


def send_notes(transition: Any, found: ResolutionList, given: Mapping[str, str], *, by: Any, now: datetime) -> str:
    """Queue the notes of the people who are ticked, as they were edited. Says what was done."""
    people = [int(name[3:]) for name in given if name.startswith("to-") and name[3:].isdecimal()]
    new = send(found, transition, {pk: given.get(f"note-{pk}", "") for pk in people}, by=by, now=now)
    before = len(people) - len(new)
    told = f"{len(new)} note{'s' * (len(new) != 1)} on the way"
    return f"{told}; {before} had one already, and none is sent twice." if before else f"{told}."


def explain(lines: Iterable[Line], refusal: ValidationError) -> list[str]:
    """The sentences of a refusal, those of a row on the row as well."""
    errors = refusal.message_dict if hasattr(refusal, "error_dict") else {"": refusal.messages}
    for line in lines:
        said = " ".join(errors.get(f"item-{line.row.pk}", []))
        line.error = said.removeprefix(f"{line.row.thing}: ")  # the row has its name already
    return [sentence for sentences in errors.values() for sentence in sentences]


def context_of(
    transition: Any, found: ResolutionList, page: Page[Line], given: Mapping[str, str], *, user: Any, now: datetime
) -> dict[str, Any]:
    lead = found.moves[0] if found.moves else None
    plans = may(user, Permission.PLAN, transition, now=now)
    notes, nobody = notes_for(found, transition) if plans else ([], [])
    typed = {note.person.pk: given.get(f"note-{note.person.pk}", note.text) for note in notes}
    days = lead.days if lead and lead.days is not None else ""
    why = f"{found.instrument}: {lead}" if lead else ""
    return {
        "transition": transition, "instrument": found.instrument, "list": found, "page": page, "lead": lead,
        "may": any(line.may for line in page.object_list), "hows": HOWS, "bulk": BULK,
        "bulk_given": {"how": given.get("all-how", MOVE_BY), "days": given.get("all-days", days),
                       "day": given.get("all-day", ""), "reason": given.get("all-reason", why)},
        "notes": [(note, typed[note.person.pk]) for note in notes], "nobody": nobody, "plans": plans,
        "here": reverse("admin:resolution_list", args=[found.instrument.pk, transition.slug]),
    }  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """`done` says what was done, and the page is opened anew; else it is shown, with why where it was refused."""

    done: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


def worked(
    transition: Any, instrument: int, given: Mapping[str, str], number: Any, *, user: Any, now: datetime
) -> Answer:
    """One posting of the page, or none. Raises NoList; PermissionDenied where the person may not do it."""
    found = list_of(transition, instrument, user=user, now=now)
    page = lines_of(transition, found, number, given, user=user, now=now)
    filled, sentences, follows = False, list[str](), list[dict[str, Any]]()
    try:
        if any("\0" in text for text in given.values()):
            raise ValidationError("There is a character in it that cannot be kept.")
        if given.get("do") == "settle":
            count = settle_lines(transition, page.object_list, by=user, now=now)
            return Answer(f"{count} item{'s' * (count > 1)} settled.")
        if given.get("do") == "send":
            return Answer(send_notes(transition, found, given, by=user, now=now))
        if given.get("do") == "fill":
            fill(page.object_list, given)
            follows, filled = look_ahead(transition, page.object_list, by=user, now=now), True
    except ValidationError as refusal:
        sentences = explain(page.object_list, refusal)
    except StepRefused as refusal:
        sentences = [str(refusal)]
    context = context_of(transition, found, page, given, user=user, now=now)
    more = {"filled": filled, "sentences": sentences, "follows": follows}
    return Answer(context=context | more, status=400 if sentences else 200)
