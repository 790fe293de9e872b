"""Benchmarks and indicators on a day, row by row: every figure with its source, its date and who verified it."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from transitions.status.panels import View
from transitions.workflow.models import StateChange

from . import at_a_day
from .at_a_day import ID
from .models import Assessment, BenchmarkTerms, Definition, GovernmentPosition, Measurement, Wording
from .moment import moment
from .readiness import of_benchmark
from .records import Asked, Measure, Records, read
from .staleness import is_stale


def benchmarks_at(transition: Any, view: View) -> list[dict[str, Any]]:
    """In a fixed number of queries, whatever there is."""
    records = read([transition], view)
    now = moment(records, transition.pk, view.as_of, records.values)
    rows = [one for one in records.benchmarks[transition.pk] if one.pk in now.standings]
    related = BenchmarkTerms.objects.select_related("benchmark", "owner", "owner_office")
    terms = related.in_bulk([now.told[one.pk].pk for one in rows])
    things = [one.pk for one in rows]
    words = latest(Wording, view, things).select_related("instrument")
    statements = {row.benchmark_id: row for row in words}
    positions = {row.benchmark_id: row.position for row in latest(GovernmentPosition, view, things)}
    return [
        of_benchmark(records, one, now)
        | words_of(terms[now.told[one.pk].pk], statements.get(one.pk))
        | {"version": records.version(one.pk)}
        | {"government": positions.get(one.pk), "carried_over_to": records.carried.get(one.pk, (None,))[0]}
        for one in rows
    ]


def latest(model: Any, view: View, benchmarks: list[int]) -> Any:
    counted = model.objects.filter(benchmark__in=benchmarks, holds_from__lte=view.as_of, known_from__lte=view.known_at)
    return counted.order_by("benchmark_id", "-holds_from", "-pk").distinct("benchmark_id")


def words_of(terms: BenchmarkTerms, wording: Wording | None) -> dict[str, Any]:
    instrument = wording.instrument if wording else None
    return {
        "id": terms.benchmark_id, "basis": terms.basis, "level": terms.level, "serves": terms.serves,
        "statement": wording.statement if wording else None, "wording": wording.number if wording else None,
        "instrument": instrument.symbol if instrument else None, "paragraph": wording.paragraph if wording else "",
        "owner": str(terms.owner or terms.owner_office or "") or None, "external_codes": terms.external_codes,
        "illustrative": terms.benchmark.illustrative, "source": terms.document,
    }  # fmt: skip


def indicators_at(transition: Any, view: View, records: Records | None = None) -> list[dict[str, Any]]:
    """As `benchmarks_at`, with what was read already where it was."""
    records = records or read([transition], view)
    now = moment(records, transition.pk, view.as_of, records.values)
    heard = at_a_day.last_heard([transition.pk], view.as_of, known_at=view.known_at)
    there = [one for one in records.indicators[transition.pk] if one.pk in now.classes]
    defined = {one.pk: definition[3] for one in there if (definition := records.definition(one.pk, view.as_of))}
    definitions = Definition.objects.prefetch_related("targets").in_bulk(defined.values())
    measured = {key: row[9] for key, row in records.values.items() if key in definitions}
    measurements = Measurement.objects.select_related("report", "by").in_bulk(measured.values())
    codes = {one.pk: one.code for one in records.benchmarks[transition.pk]}
    judgements = judged_by(records, there, view)
    rows = []
    for one in there:
        definition, pk = definitions.get(defined.get(one.pk, 0)), defined.get(one.pk, 0)
        asked = records.asked_of(one.pk, view.as_of)
        rows.append(
            of_indicator(one, asked, codes.get(one.benchmark_id), definition, view.as_of)
            | {"class": now.classes[one.pk], "met": now.met[one.pk].met, "why": now.met[one.pk].why}
            | {"measurement": of_measurement(measurements.get(measured.get(pk, 0)))}
            | {"assessment": judgements.get(one.pk)}
            | {"last_data": heard.get(pk), "stale": stale(asked, heard.get(pk), view.as_of)}
        )
    return rows


def in_order(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """By benchmark, as they come; within one as they stand in lists."""
    order = {code: place for place, code in enumerate(dict.fromkeys(row["benchmark"] for row in rows))}
    return sorted(rows, key=lambda row: order[row["benchmark"]])


def stale(one: Asked, last: date | None, on: date) -> bool | None:
    """None: nobody can say, without data or without a frequency."""
    return is_stale(last, one.frequency_days, on) if last and one.frequency_days else None


def of_indicator(one: Measure, asked: Asked, benchmark: str | None, its: Definition | None, on: date) -> dict[str, Any]:
    aims = sorted(its.targets.all(), key=lambda aim: aim.date or date.max) if its else []
    aim = next((aim for aim in aims if aim.date is None or aim.date >= on), aims[-1] if aims else None)
    return {
        "id": one.pk, "code": one.code, "benchmark": benchmark, "informs_only": asked.informs_only,
        "frequency_days": asked.frequency_days, "definition": its.number if its else None,
        "statement": its.statement if its else None, "kind": its.kind if its else None,
        "direction": its.direction if its else None, "unit": its.unit if its else "",
        "period_basis": its.period_basis if its else None,
        "baseline": aimed(its.baseline_value, its.baseline_text, its.baseline_date) if its else None,
        "target": aimed(aim.value, aim.text, aim.date) if aim else None,
    }  # fmt: skip


def aimed(value: Any, text: str, on: date | None) -> dict[str, Any]:
    return {"value": value, "text": text, "date": on}


def of_measurement(row: Measurement | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "id": row.pk, "as_of": row.holds_from, "period_start": row.period_start, "period_end": row.period_end,
        "value": row.value, "value_text": row.value_text, "numerator": row.numerator,
        "denominator": row.denominator, "parts": row.parts, "disaggregated": row.disaggregated,
        "quality": row.quality or None, "report": row.report.symbol if row.report else None, "source": row.source,
        "note": row.note, "by": str(row.by), "known_from": row.known_from,
    }  # fmt: skip


def judged_by(records: Records, there: list[Measure], view: View) -> Mapping[int, dict[str, Any]]:
    """The verified judgement that counts, with the report or the person that verified it."""
    counting = {
        one.pk: row[ID] for one in there
        if (row := at_a_day.judged(records.judgements.get(one.pk, ()), view.as_of, view.known_at))
    }  # fmt: skip
    rows = Assessment.objects.select_related("report", "definition").in_bulk(counting.values())
    changes = StateChange.objects.filter(
        thing_type=Assessment._meta.label_lower, thing_id__in=counting.values(), state="verified"
    )
    verified = {change.thing_id: change for change in changes.select_related("by")}
    return {indicator: of_judgement(rows[pk], verified[pk]) for indicator, pk in counting.items()}


def of_judgement(row: Assessment, verified: StateChange) -> dict[str, Any]:
    return {
        "id": row.pk, "as_of": row.as_of, "class": row.judged, "note": row.note, "definition": row.definition.number,
        "report": row.report.symbol if row.report else None, "verified_by": str(verified.by),
        "source": verified.source, "known_from": verified.known_from,
    }  # fmt: skip
