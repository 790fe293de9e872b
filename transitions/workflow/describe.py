"""The lifecycles as a document, from the tables that the engine itself goes by."""

from collections.abc import Iterable, Iterator

from transitions.access.permissions import Permission, Role, roles_with

from .lifecycles import Audience, Guard, Lifecycle, Step, who_may

COLUMNS = ("step", "from → to", "who may", "what must hold", "may be passed over by", "signed by", "who is told")


def document() -> str:
    """Markdown: what holds for all, then each lifecycle with a diagram and a table of every step."""
    parts = [introduction(), *(chapter(lifecycle) for lifecycle in Lifecycle.of_model.values())]
    return "\n".join(parts)


def introduction() -> str:
    recorders = joined(str(role.label) for role in roles_with(Permission.RECORD_FACT))
    return f"""# Lifecycles

Written by `make docs` from the code; a test fails while it differs from it.

A step is taken from the state named, by a person who may, once everything that must hold does hold and everybody who
signs has signed, each role by another person. What is named under “may be passed over by” can be passed over by that
office alone, with a reason, and headquarters is told; permission and signatures never. A fact recorded from its source
is not held back by what must hold: what did not is listed as open at that date. Facts are recorded by those who may
take the step and are one of: {recorders}.
"""


def chapter(lifecycle: type[Lifecycle]) -> str:
    name = str(lifecycle.model._meta.verbose_name)
    beginners = joined(str(role.label) for role in roles_with(lifecycle.may_begin))
    opening = joined(words(state) for state in lifecycle.begins_in)
    table = [COLUMNS, ["---"] * len(COLUMNS), *(row(lifecycle, step) for step in lifecycle.steps)]
    lines = [f"## {name.capitalize()}", "", f"Begins as {opening}; begun by: {beginners}.", ""]
    lines += ["```mermaid", *diagram(lifecycle), "```", "", *(f"| {' | '.join(cells)} |" for cells in table), ""]
    return "\n".join(lines)


def diagram(lifecycle: type[Lifecycle]) -> Iterator[str]:
    yield "stateDiagram-v2"
    yield from (f'    state "{words(state)}" as {state}' for state in lifecycle.states() if "_" in state)
    yield from (f"    [*] --> {state}" for state in lifecycle.begins_in)
    for step in lifecycle.steps:
        yield from (f"    {source} --> {step.target}: {words(step.name)}" for source in step.sources)


def row(lifecycle: type[Lifecycle], step: Step) -> list[str]:
    held = [condition(lifecycle, step, guard) for guard in lifecycle.guards_of(step)]
    held += [f"recorded as a fact: {words(guard.__name__)}" for guard in step.even_a_fact]
    if step.needs_reason:
        held.insert(0, "a reason is given")
    told = [named(audience) for audience in step.tells]
    if step.tells_who_took_it:
        told.append("whoever of them takes it, too")
    passed_over = joined(words(guard.__name__) for guard in step.overridable)
    return [
        f"`{step.name}`{for_whom(step)}",
        f"{joined(words(source) for source in step.sources)} → {words(step.target)}",
        joined(who_may(step)),
        "<br>".join([*held, *opened(lifecycle, step)]) or "–",
        f"{step.override_by.label}: {passed_over}" if step.override_by else "–",
        joined(str(role.label) for role in step.signatures) or "–",
        joined(told) or "–",
    ]


def named(audience: Audience) -> str:
    if isinstance(audience, Role):
        return str(audience.label)
    return f"the {words(audience if isinstance(audience, str) else audience.__name__)}"


def condition(lifecycle: type[Lifecycle], step: Step, guard: Guard) -> str:
    """Its name is the condition; where that needs more words, its docstring has them. A guest says where it is from."""
    said = (guard.__doc__ or "").strip().split("\n")[0]
    sentence = f"{words(guard.__name__)}: {said}" if said else words(guard.__name__)
    guest = guard in lifecycle.contributed[step.name]
    return f"{sentence} (from {room_of(guard)})" if guest else sentence


def opened(lifecycle: type[Lifecycle], step: Step) -> list[str]:
    """What is listed as open without holding the step back."""
    other = [f"what would hold back `{step.opens_what}`"] if step.opens_what else []
    guests = [f"{words(found.__name__)} (from {room_of(found)})" for found in lifecycle.left_open[step.name]]
    return [f"leaves open, and listed: {joined([*other, *guests])}"] if other or guests else []


def room_of(guard: Guard) -> str:
    return guard.__module__.split(".")[-2]


def for_whom(step: Step) -> str:
    return f", only where {words(step.only_if.__name__)}" if step.only_if else ""


def words(code: str) -> str:
    return code.replace("_", " ")


def joined(names: Iterable[str]) -> str:
    return ", ".join(names)
