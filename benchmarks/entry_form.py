"""What is asked for one indicator in an assessment round: a value of its own kind, a class, a note."""

from datetime import date
from typing import Any

from django import forms

from .importing.several import in_pairs, pairs
from .met import ADDING, plain
from .models import Assessment, Definition, Measurement
from .models.assessments import JUDGED
from .models.indicators import DIGITS, PLACES

RUNG_LONGEST = 70
KINDS = Definition.Kind


class Pairs(forms.CharField):
    """`men=3; women=4`"""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        try:
            return pairs(text or "")
        except ValueError as refusal:
            raise forms.ValidationError(str(refusal).capitalize() + ".")


def number(label: str, **more: Any) -> forms.DecimalField:
    widget = forms.TextInput(attrs={"inputmode": "decimal", "size": 12, "autocomplete": "off"})
    return forms.DecimalField(
        label=label, required=False, max_digits=DIGITS, decimal_places=PLACES, widget=widget, **more
    )


def day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def text(label: str, size: int, **more: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, widget=forms.TextInput(attrs={"size": size}), **more)


class EntryForm(forms.Form):
    """Only what this indicator can be measured in is asked for."""

    def __init__(self, definition: Definition, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definition = definition
        self.fields |= fields_of(definition)
        self.fields["value_text"] = text("or in words", 34)
        self.fields["quality"] = forms.ChoiceField(
            label="Quality", required=False, choices=[("", "–"), *Measurement.Quality.choices]
        )
        self.fields["source"] = text("Source", 24, help_text=definition.means_of_verification)
        self.fields["judged"] = forms.ChoiceField(
            label="Class", choices=[("", "choose"), *JUDGED], error_messages={"required": "Choose a class."}
        )
        self.fields["note"] = text("Note", 50)
        self.fields["version"] = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def focus_on(self, name: str = "") -> None:
        """Where who works by the keyboard goes on."""
        first = self.fields[name] if name else next(iter(self.fields.values()))
        first.widget.attrs["autofocus"] = True

    def given(self) -> dict[str, Any]:
        """The fields of the value, as `measure` takes them."""
        cleaned = self.cleaned_data
        parts = {name: as_json(cleaned[key]) for key, name in self.parts().items() if cleaned.get(key) is not None}
        names = ("value", "numerator", "denominator", "period_start", "period_end")
        found = {name: cleaned.get(name) for name in names} | {"parts": parts}
        return found | {"disaggregated": cleaned.get("disaggregated") or {}, "quality": cleaned.get("quality", ""),
                        "value_text": cleaned.get("value_text", "")}  # fmt: skip

    def parts(self) -> dict[str, str]:
        return {f"part-{place}": part["name"] for place, part in enumerate(self.definition.parts)}


def as_json(value: Any) -> Any:
    return int(value) if value == value.to_integral_value() else float(value)


def fields_of(definition: Definition) -> dict[str, forms.Field]:
    kind, found = definition.kind, dict[str, forms.Field]()
    if kind == KINDS.COMPOSITE and definition.parts:
        for place, part in enumerate(definition.parts):
            found[f"part-{place}"] = number(f"{part['name']} ({part.get('direction', '>=')} {part['target']})")
    elif kind == KINDS.YES_NO:
        found["value"] = chosen([("1", "yes"), ("0", "no")])
    elif kind == KINDS.LADDER and definition.rungs:
        found["value"] = chosen([("0", "0: none of them"), *rungs(definition)])
    else:
        found["value"] = number(f"Value{f', {definition.unit}' if definition.unit else ''}"[:60])
    if kind == KINDS.PERCENTAGE:
        found |= {"numerator": number("or numerator"), "denominator": number("of denominator")}
    if kind in ADDING and definition.period_basis != Definition.Period.POINT:
        found |= {"period_start": day("counted from"), "period_end": day("to")}
    if definition.disaggregation:
        found["disaggregated"] = Pairs(
            label=f"by {', '.join(definition.disaggregation)}", required=False,
            widget=forms.TextInput(attrs={"placeholder": "men=3; women=4", "size": 24}),
        )  # fmt: skip
    return found


def chosen(choices: list[tuple[str, str]]) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label="Value", required=False, choices=[("", "–"), *choices], coerce=forms.DecimalField().to_python,
        empty_value=None,
    )  # fmt: skip


def rungs(definition: Definition) -> list[tuple[str, str]]:
    return [(str(place), f"{place}: {cut(rung)}") for place, rung in enumerate(definition.rungs, start=1)]


def cut(text: str, longest: int = RUNG_LONGEST) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def initial_of(definition: Definition, as_of: date, draft: Assessment | None) -> dict[str, Any]:
    """What a returned entry says; for a new one only the window that its kind of period suggests."""
    row = draft.measurement if draft else None
    found = {"judged": draft.judged, "note": draft.note, "version": draft.version} if draft else {}
    if row is None:
        return found | window(definition, as_of)
    numbers = {
        name: value for name in ("value", "numerator", "denominator") if (value := getattr(row, name)) is not None
    }
    parts = {f"part-{place}": row.parts.get(part["name"]) for place, part in enumerate(definition.parts)}
    disaggregated = in_pairs(row.disaggregated)
    said = {name: getattr(row, name) for name in ("value_text", "quality", "source", "period_start", "period_end")}
    return found | {name: plain(value) for name, value in numbers.items()} | parts | said | {
        "disaggregated": disaggregated
    }  # fmt: skip


def window(definition: Definition, as_of: date) -> dict[str, Any]:
    basis, periods = definition.period_basis, Definition.Period
    if basis == periods.YEAR_TO_DATE:
        return {"period_start": as_of.replace(month=1, day=1), "period_end": as_of}
    if basis in (periods.ANNUAL, periods.SINCE):
        return {"period_end": as_of}
    return {}
