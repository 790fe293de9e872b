"""The present, rebuilt from the rows that it was made of."""

from benchmarks.models import Benchmark, BenchmarkTerms, DependenceReview, DependsOn, Indicator, IndicatorTerms
from transitions.calendar.models import Milestone, Redating
from transitions.handovers.models import (
    Condition,
    ConditionAnswer,
    FollowUp,
    FollowUpAnswer,
    Handover,
    HandoverPlan,
    RecipientChange,
)
from transitions.workflow.lifecycles import Lifecycle
from transitions.workflow.models import StateChange


def assert_rebuilt() -> int:
    """Every state, version and due date in the database is what its fact rows say. Returns how many things it saw."""
    seen = 0
    for lifecycle in Lifecycle.of_model.values():
        things = {thing.pk: thing for thing in lifecycle.model._base_manager.all()}
        history = history_of(lifecycle)
        assert history.keys() == things.keys(), (
            f"{lifecycle.__name__}: things without history, or history without things"
        )
        for pk, thing in things.items():
            assert (thing.state, thing.version) == follow(lifecycle, history[pk]), (
                f"{thing} is not what its history says"
            )
        seen += len(things)
    assert_values_rebuilt()
    return seen


def assert_values_rebuilt() -> None:
    """Whatever has dated values, also where states were written past the engine."""
    assert_dates_rebuilt()
    assert_conditions_rebuilt()
    assert_sectors_rebuilt()


def history_of(lifecycle: type[Lifecycle]) -> dict[int, list[StateChange]]:
    history: dict[int, list[StateChange]] = {}
    rows = StateChange.objects.filter(thing_type=lifecycle.model._meta.label_lower)
    for row in rows.order_by("thing_id", "version"):
        history.setdefault(row.thing_id, []).append(row)
    return history


def follow(lifecycle: type[Lifecycle], rows: list[StateChange]) -> tuple[str, int]:
    """Each row starts where the one before ended, by a step that leads there."""
    state, version = "", 0
    for row in rows:
        assert (row.was, row.version) == (state, version + 1), f"{row}: does not follow version {version}, “{state}”"
        if row.step:
            step = lifecycle.by_name[row.step]
            assert row.was in step.sources, row
            assert row.state == step.target, row
        state, version = row.state, row.version
    return state, version


DATED = (
    (Redating, "milestone", Milestone, {"due_on": "due_on"}),
    (HandoverPlan, "handover", Handover, {"planned_on": "planned_on", "residual_office": "residual_office"}),
    (RecipientChange, "handover", Handover,
     {name: name for name in ("recipient_kind", "recipient_office", "recipient", "agreed_use")}),
    (FollowUpAnswer, "follow_up", FollowUp,
     {"performed": "performed", "resources": "resources", "use_respected": "use_respected", "holds_from": "answered_on",
      "by": "answered_by", "source": "source", "note": "note"}),
    (BenchmarkTerms, "benchmark", Benchmark, BenchmarkTerms.says),
    (IndicatorTerms, "indicator", Indicator, IndicatorTerms.says),
    (DependenceReview, "link", DependsOn, {"holds_from": "reviewed_on"}),
)  # fmt: skip
"""Facts that give a thing its dated values: the rows, what they are about, and which column gives which value."""


def assert_dates_rebuilt() -> None:
    """Of dated values the one that holds from the latest day counts; of two from the same day, the later row."""
    for rows, of, model, columns in DATED:
        latest = {pk: tuple(held) for pk, *held in rows.objects.order_by("holds_from", "pk").values_list(of, *columns)}
        kept = {pk: tuple(held) for pk, *held in model._base_manager.values_list("pk", *columns.values())}
        nothing = tuple("" if model._meta.get_field(name).get_internal_type() in TEXTS else None
                        for name in columns.values())  # fmt: skip
        wrong = {pk: (held, found) for pk, held in kept.items() if held != (found := latest.get(pk, nothing))}
        assert not wrong, f"values of {model.__name__} that their facts do not give: {wrong}"


def assert_conditions_rebuilt() -> None:
    """Met from the day, and on the word, of the answer that counts, if that says so."""
    latest = {row.condition_id: row for row in ConditionAnswer.objects.order_by("holds_from", "pk")}
    for condition in Condition._base_manager.all():
        row = latest.get(condition.pk)
        said = (row.holds_from, row.source) if row and row.met else (None, "")
        assert (condition.met_on, condition.source) == said, f"{condition} is not what its answers say"


def assert_sectors_rebuilt() -> None:
    latest = {row.benchmark_id: row.sectors for row in BenchmarkTerms.objects.order_by("holds_from", "pk")}
    for benchmark in Benchmark._base_manager.all():
        held = sorted(benchmark.sectors.values_list("code", flat=True))
        assert held == latest[benchmark.pk], f"{benchmark} has other sectors than its terms say"


TEXTS = ("CharField", "TextField")
