"""Milestones in and out as a table, the same columns both ways. Bad rows are named; one is enough to change nothing.

Import goes through the calendar's own doors, so that it leaves the same history as a person would: new milestones
through `enter`, moved dates through `redate` with the reason in their row. A state is never imported.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from import_export import fields, resources, widgets

from transitions.access.models import User, may
from transitions.access.permissions import Permission
from transitions.missions.models import Driver

from .dates import enter, redate
from .models import Milestone
from .versions import dates_in, latest_versions


class Day(widgets.Widget):
    """A real date of a spreadsheet, or ISO 8601. 03/04/2020 is March to some and April to others."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> date | None:
        if value in (None, ""):
            return None
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise ValueError(f"“{value}” is no date that can be read in one way: write it like 2020-12-31.")

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return value.isoformat() if value else ""


class YesNo(widgets.Widget):
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        word = str("" if value is None else value).strip().lower()
        if word not in self.words:
            raise ValueError(f"“{value}” is neither yes nor no.")
        return self.words[word]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "yes" if value else "no"


class Coded(widgets.Widget):
    """Something of the transition, by its code: looked up in what was read once."""

    def __init__(self, named: str, attribute: str = "code") -> None:
        super().__init__()
        self.named, self.attribute = named, attribute
        self.known: Mapping[str, Any] = {}

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        code = str(value or "").strip()
        if not code:
            return None
        if code not in self.known:
            there = ", ".join(sorted(self.known)[:12]) or "none"
            raise ValueError(f"There is no {self.named} “{code}” here. There are: {there}.")
        return self.known[code]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(getattr(value, self.attribute)) if value else ""


class MilestoneResource(resources.ModelResource):
    """Made with `transition`, `by` and `now` for an import; an export needs only the queryset that one may see.

    Raises ValidationError before any row for a person who does not plan in the transition, or a column nobody knows.
    """

    pillar = fields.Field("pillar", "pillar", Coded("pillar"))
    area = fields.Field("area", "area", Coded("area"))
    owner_office = fields.Field("owner_office", "owner_office", Coded("office"))
    owner = fields.Field("owner", "owner", Coded("person", "username"))
    due_date = fields.Field("due_on", "due_date", Day())
    hard = fields.Field("hard", "hard", YesNo())
    state = fields.Field("state", "state", readonly=True)
    version = fields.Field("version", "version", readonly=True)
    slip_days = fields.Field(None, "slip_days", readonly=True)

    class Meta:
        model = Milestone
        fields = (
            "code", "title", "kind", "pillar", "area", "owner_office", "owner", "due_date", "hard", "marking",
            "authority", "source", "note", "state", "version", "slip_days",
        )  # fmt: skip
        export_order = fields
        import_id_fields = ("code",)
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        clean_model_instances = False  # `enter` and `write` below check what each of them needs

    def __init__(self, *, transition: Any = None, by: Any = None, now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transition, self.by, self.now = transition, by, now
        self.seen_codes: set[str] = set()
        self.frozen: dict[int, date | None] = {}

    # --- in

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        assert self.now is not None
        if self.transition is None or not may(self.by, Permission.PLAN, self.transition, now=self.now):
            raise ValidationError("Milestones are imported by the transition's planner.")
        known = {*self.fields, "reason", "drivers"}
        if unknown := [header for header in dataset.headers or [] if header not in known]:
            raise ValidationError(
                f"Unknown columns: {', '.join(map(str, unknown))}. Known are: {', '.join(sorted(known))}."
            )
        if "code" not in (dataset.headers or []):
            raise ValidationError("The column “code” is missing: it tells which milestone a row is about.")
        here = self.transition
        people = User.objects.filter(grants__transition=here).distinct()
        for name, rows in (("pillar", here.pillars), ("area", here.areas), ("owner_office", here.offices)):
            self.fields[name].widget.known = {row.code: row for row in rows.all()}
        self.fields["owner"].widget.known = {person.username: person for person in people}
        self.seen_codes.clear()

    def get_queryset(self) -> Any:
        if self.transition is None or self.now is None:
            return Milestone.objects.none()
        return Milestone.objects.visible_to(self.by, now=self.now).filter(transition=self.transition)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        code = str(row.get("code") or "").strip()
        if not code:
            raise ValidationError({"code": "The code is empty."})
        if code in self.seen_codes:
            raise ValidationError({"code": f"“{code}” stands in the file twice."})
        self.seen_codes.add(code)
        row["code"] = code

    def init_instance(self, row: Any = None) -> Milestone:
        return Milestone(transition=self.transition)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Only what the file has columns for is compared; a state never is."""
        if instance.pk is None or import_validation_errors:
            return False
        compared = [field for field in self.get_import_fields() if not field.readonly and field.column_name in row]
        return all(field.get_value(instance) == field.get_value(original) for field in compared)

    def save_instance(self, instance: Any, is_create: bool, row: Any, **kwargs: Any) -> None:
        """Also on a dry run, whose transaction is rolled back: the preview has tried everything."""
        self.before_save_instance(instance, row, **kwargs)
        if is_create:
            enter([instance], by=self.by, now=self.now)  # type: ignore[arg-type]
        else:
            self.write(instance, row)
        self.after_save_instance(instance, row, **kwargs)

    def write(self, milestone: Milestone, row: Any) -> None:
        assert self.now is not None
        wanted = milestone.due_on
        milestone.due_on = Milestone.objects.values_list("due_on", flat=True).get(pk=milestone.pk)
        milestone.full_clean(exclude=["owed_on"])
        milestone.save(update_fields=[name for name in WRITTEN if name in self.fields])
        if wanted != milestone.due_on:
            reason = str(row.get("reason") or "")
            if not reason.strip():
                raise ValidationError({"reason": f"The date moves from {milestone.due_on} to {wanted}: say why."})
            redate(milestone, wanted, by=self.by, now=self.now, reason=reason, drivers=drivers(row))

    # --- out

    def before_export(self, queryset: Any, **kwargs: Any) -> None:
        transitions = set(queryset.order_by().values_list("transition", flat=True))
        self.frozen = dates_in(latest_versions(transitions, as_of=date.max, known_at=date.max))

    def dehydrate_slip_days(self, milestone: Milestone) -> Any:
        """Empty where the milestone was not in the approved version: not 0."""
        planned = self.frozen.get(milestone.pk)
        return (milestone.due_on - planned).days if milestone.due_on and planned else ""


WRITTEN = (
    "title", "kind", "pillar", "area", "owner_office", "owner", "hard", "marking", "authority", "source", "note",
)  # fmt: skip


def drivers(row: Any) -> list[str]:
    given = [word.strip() for word in str(row.get("drivers") or "").replace(",", ";").split(";") if word.strip()]
    if wrong := [word for word in given if word not in Driver.values]:
        raise ValidationError({"drivers": f"{', '.join(wrong)}: give some of {', '.join(Driver.values)}."})
    return given
