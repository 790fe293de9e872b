"""What the rows of the replay do, each through the door that people use."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from transitions.workflow.engine import Fact, locked, take
from transitions.workflow.models import OpenItem
from transitions.workflow.open_items import close_item
from transitions.workflow.replay import Cast

from .agreement import accept_on_paper, write_text
from .follow_ups import answer
from .incidents import record_incident
from .models import Dimension, Handover, Incident, Level
from .plans import KEEP, PlannedMove, plan_all
from .recipients import assess, change_recipient
from .suspension import resume_in_scope, suspend_in_scope

type Row = dict[str, str]

POLICING = "community policing centre"  # no camp: the host's decrees do not speak of it


def fact(row: Row) -> Fact:
    return Fact(
        source=row["source"], holds_from=date.fromisoformat(row["day"]),
        known_from=date.fromisoformat(row["known_from"]), approximate=row["approximate"] == "yes",
    )  # fmt: skip


def reason(row: Row) -> str:
    sure = "" if row["certainty"] == "stated" else f"({row['certainty']}, not stated in the source)"
    return " ".join(filter(None, (row["reason"], sure)))


def account(cast: Cast, office: str) -> Any:
    return cast.made["accounts"][office]


def sender(cast: Cast, handover: Handover) -> Any:
    return account(cast, handover.owner_office.code)  # type: ignore[union-attr]


def receiver(cast: Cast, handover: Handover) -> Any:
    office = handover.recipient_office
    return account(cast, office.code if office else "government")


def named(cast: Cast, row: Row) -> list[Handover]:
    return [cast.made["handovers"][code] for code in row["handovers"].split()]


def step(cast: Cast, row: Row, now: datetime) -> None:
    for handover in named(cast, row):
        by = sender(cast, handover)
        take(handover, row["what"], by=by, now=now, reason=reason(row), despite=fact(row))
        if row["what"] != "prepare":
            settle(handover, f"{handover} is {handover.state}", by=by, now=now)


def hand_over(cast: Cast, row: Row, now: datetime) -> None:
    """From wherever it stands to the transfer: what the source reports is the text, and its paper the acceptance."""
    [handover] = named(cast, row)
    handover.refresh_from_db()
    by, taken = sender(cast, handover), fact(row)
    if differs(cast, handover, row):
        new_recipient(cast, row, now)
    elif handover.state == "proposed":
        take(handover, "prepare", by=by, now=now, despite=taken)
    write_text(handover, text_of(handover, row), by=by, now=now)
    with locked(handover.transition):
        handover.package.update(not_needed_because="no source says what was in the package")
    if row["signatory"]:
        evidence = f"taken over by {row['signatory']}, as the source reports"
        assess(handover, Dimension.AGREEMENT, Level.READY, evidence=evidence, by=by, now=now, fact=taken)
    take(handover, "offer", by=by, now=now, despite=taken)
    accepted(cast, handover, row, now)
    take(handover, "transfer", by=by, now=now, reason=reason(row), despite=taken)
    settle(handover, "it was handed over all the same; the sources say no more", by=by, now=now)


def accepted(cast: Cast, handover: Handover, row: Row, now: datetime) -> None:
    """On paper where a source names who took it over; else the state alone is recorded."""
    by, taken = receiver(cast, handover), fact(row)
    if row["signatory"]:
        accept_on_paper(
            handover, signatory=row["signatory"], signed_on=taken.holds_from, reference=taken.source, by=by, now=now,
            fact=taken,
        )  # fmt: skip
    else:
        take(handover, "accept", by=by, now=now, despite=taken)


def text_of(handover: Handover, row: Row) -> str:
    to = handover.recipient_office or handover.recipient or "a recipient that no source names"
    use = f", for this use: {handover.agreed_use}" if handover.agreed_use else ""
    what = ", ".join(filter(None, (handover.title, handover.part)))
    return f"{what} goes to {to}{use}. Put together from what was published: {row['source']}"


def settle(handover: Handover, how: str, *, by: Any, now: datetime) -> None:
    for item in OpenItem.objects.about(handover).filter(closed_at=None):
        close_item(item, how=how, by=by, now=now)


def wanted(cast: Cast, handover: Handover, row: Row) -> dict[str, Any]:
    """The recipient and use that a row gives; what it leaves empty stays."""
    code = handover.site.area.code if row["office"] == "state" and handover.site else row["office"]  # type: ignore[union-attr]
    given = bool(row["kind"])
    return {
        "kind": row["kind"] if given else handover.recipient_kind,
        "office": cast.made["offices"].get(code) if given else handover.recipient_office,
        "name": row["recipient"] if given else handover.recipient,
        "agreed_use": row["agreed_use"] or (handover.agreed_use if not given else ""),
    }


def differs(cast: Cast, handover: Handover, row: Row) -> bool:
    to = wanted(cast, handover, row)
    stands = (handover.recipient_kind, handover.recipient_office, handover.recipient, handover.agreed_use)
    return stands != (to["kind"], to["office"], to["name"], to["agreed_use"])


def new_recipient(cast: Cast, row: Row, now: datetime) -> None:
    for handover in named(cast, row):
        why = reason(row) or "as the source names it"
        change_recipient(
            handover, **wanted(cast, handover, row), by=sender(cast, handover), now=now, reason=why, fact=fact(row)
        )


def decree(cast: Cast, row: Row, now: datetime) -> None:
    """The host changes the recipient of every former camp, after the fact: the state stays."""
    made: dict[str, Handover] = cast.made["handovers"]
    for handover in made.values():
        if handover.site and handover.site.kind != POLICING and handover.state == "transferred":
            change_recipient(
                handover, **wanted(cast, handover, row), by=account(cast, "government"), now=now, reason=reason(row),
                fact=fact(row),
            )  # fmt: skip


def planned(cast: Cast, row: Row, now: datetime) -> None:
    on = row["planned_on"] and (None if row["planned_on"] == "none" else date.fromisoformat(row["planned_on"]))
    residual = cast.made["offices"].get(row["residual_office"], KEEP)
    moves = [PlannedMove(handover, KEEP if on == "" else on, residual, reason(row)) for handover in named(cast, row)]
    plan_all(moves, by=account(cast, "unamid"), now=now, fact=fact(row))


def suspend(cast: Cast, row: Row, now: datetime) -> None:
    in_scope = suspend_in_scope if row["what"] == "suspend" else resume_in_scope
    in_scope(cast.made["transition"], kind="site", by=account(cast, "dpo"), now=now, reason=reason(row), fact=fact(row))


MOVES: dict[str, Callable[[Cast, Row, datetime], None]] = {
    "prepare": step, "complete": step, "end_without_handover": step, "transfer": hand_over,
    "recipient": new_recipient, "decree": decree, "plan": planned, "suspend": suspend, "resume": suspend,
}  # fmt: skip


def reported(cast: Cast, row: Row, now: datetime) -> None:
    known = fact(row)
    incident = Incident(
        transition=cast.made["transition"], code=row["code"], kind=row["kind"], text=row["text"], source=row["source"],
        task=cast.made["tasks"].get(row["about"]), site=cast.made["sites"].get(row["about"]),
        handover=cast.made["handovers"].get(row["about"]), approximate=known.approximate,
    )  # fmt: skip
    record_incident(
        incident, by=cast.services["replay.hq"], now=now, happened_on=known.holds_from,
        known_from=known.known_from or known.holds_from,
    )  # fmt: skip


def assessed(cast: Cast, row: Row, now: datetime) -> None:
    handover = cast.made["handovers"][row["handover"]]
    assess(
        handover, row["dimension"], row["level"], evidence=row["evidence"], by=sender(cast, handover), now=now,
        fact=fact(row),
    )  # fmt: skip


def looked(cast: Cast, row: Row, now: datetime) -> None:
    """Answered where a source says something; every other follow-up stays without an answer."""
    handover = cast.made["handovers"][row["handover"]]
    check = handover.follow_ups.get(days=int(row["days"]))
    answer(
        check, performed=row["performed"], resources=row["resources"], use_respected=row["use_respected"],
        source=row["source"], note=row["note"], by=sender(cast, handover), now=now, fact=fact(row),
    )  # fmt: skip
