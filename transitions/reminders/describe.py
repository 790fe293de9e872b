"""The rules and the other kinds of messages as a document, from what the sweep itself goes by."""

from collections.abc import Iterable

from transitions.outbox.kinds import Kind

from .overview import first_words, leads_of, roles, rungs, watched
from .rules import Rule, Tell

INTRODUCTION = """# Reminders

Written by `make docs` from the code; a test fails while it differs from it.

Of each item and person only the latest rung that has passed is told, once. It goes to the first of those named who is
found; who is away has it read by who stands in for them. What “goes up” does so only after somebody below was asked on
an earlier day. Planners can switch a rule off in their transition, but never for hard items, and can give it other lead
times. Everybody has one message a day and transition by default; what comes “at once” does not wait for it.
"""


def document() -> str:
    """Markdown: what holds for all, each rule with a table of whom it tells, then what comes of events."""
    rules = sorted(Rule.all.items())
    return "\n".join([INTRODUCTION, *(chapter(rule) for _, rule in rules), events()])


def chapter(rule: type[Rule]) -> str:
    lines = [f"## {rule.title.capitalize()}", "", f"`{rule.name}` watches {watched(rule)}."]
    lines += [f"{first_words(rule)}"] * bool(first_words(rule))
    lines += [f"Lead times: {', '.join(map(str, leads_of(rule))) or 'none'} days before. {traits(rule)}", ""]
    rows = [("when", "to the first of", "for which items"), ("---",) * 3, *(row(tell) for tell in rule.tells)]
    return "\n".join([*lines, *table(rows), ""])


def traits(rule: type[Rule]) -> str:
    """What can be changed of it, and by whom."""
    said = ["It comes at once." if rule.urgent else "It comes with the day's message."]
    said += ["Planners can switch it off." if rule.switchable else "It cannot be switched off."]
    said += ["Everybody can switch it off for themselves."] * rule.optional
    said += ["It stands in the weekly list of the office that owns the item."] * bool(rule.office)
    said += [f"Nobody is told of it any more after {rule.forgets_after} days."] * bool(rule.forgets_after)
    return " ".join(said)


def row(tell: Tell) -> tuple[str, ...]:
    return rungs(tell) + " (goes up)" * tell.up, roles(tell), tell.about or "all"


def events() -> str:
    """Everything else that is told, in the order of its name."""
    others = [kind for name, kind in sorted(Kind.named.items()) if name not in Rule.all and is_ours(kind)]
    rows = [("kind", "what", "comes", "can be switched off by its reader"), ("---",) * 4]
    rows += [
        (f"`{kind.name}`", kind.title, "at once" if kind.urgent else "with the day's message, or at once where it says",
         "yes" if kind.optional else "no")
        for kind in others
    ]  # fmt: skip
    return "\n".join(["## What comes of events, and lists", "", *table(rows), ""])


def is_ours(kind: Kind) -> bool:
    """Not one that a test has brought."""
    return not type(kind).__module__.startswith("tests")


def table(rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in rows]
