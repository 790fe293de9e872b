"""Milestones in and out as a table, the same columns both ways. Bad rows are named; one is enough to change nothing.

Import goes through the calendar's own doors, so that it leaves the same history as a person would: new milestones
through `enter`, moved dates through `redate` with the reason in their row. A state is never imported.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import fields, instance_loaders, resources

from transitions.access.models import User, may
from transitions.access.permissions import Permission
from transitions.missions.models import Driver
from transitions.workflow.engine import locked

from .columns import Coded, Day, YesNo, as_text, as_typed
from .dates import Move, enter, redate_all
from .models import Milestone
from .versions import dates_in, latest_versions

PLAIN = ("title", "kind", "hard", "marking", "authority", "source", "note")
PLACES = ("pillar", "area", "owner_office", "owner")  # looked up within the transition, so never checked again


class ReadOnce(instance_loaders.BaseInstanceLoader):
    """What the rows are about, read behind the lock, in one query for all of them."""

    def get_instance(self, row: Any) -> Milestone | None:
        found: Milestone | None = self.resource.known.get(row["code"])
        return found


class MilestoneResource(resources.ModelResource):
    """Made with `transition`, `by` and `now` for an import; an export needs only the queryset that one may see.

    `import_data` previews with `dry_run=True`. It names every bad row; one is enough to change nothing. A person who
    does not plan in the transition, or a column nobody knows, is refused before any row.
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
        instance_loader_class = ReadOnce
        skip_unchanged = True
        report_skipped = True
        use_transactions = True
        use_bulk = True  # rows are checked one by one and written all at once
        batch_size = None

    def __init__(self, *, transition: Any = None, by: Any = None, now: datetime | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.transition, self.by, self.now = transition, by, now
        self.known: dict[str, Milestone] = {}
        self.taken: set[str] = set()
        self.was_due: dict[int, date | None] = {}
        self.moves: list[Move] = []
        self.frozen: dict[int, date | None] = {}

    # --- in

    def import_data(self, dataset: Any, dry_run: bool = False, **kwargs: Any) -> Any:
        """All or nothing, whoever calls; behind the lock, because guards read what is written here."""
        kwargs |= {"use_transactions": True, "rollback_on_validation_errors": True}
        with locked(*([self.transition] if self.transition else [])):
            return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        assert self.now is not None
        if self.transition is None or not may(self.by, Permission.PLAN, self.transition, now=self.now):
            raise ValidationError("Milestones are imported by the transition's planner.")
        headers, known = dataset.headers or [], {*self.fields, "reason", "drivers"}
        if unknown := [header for header in headers if header not in known]:
            raise ValidationError(
                f"Unknown columns: {', '.join(map(str, unknown))}. Known are: {', '.join(sorted(known))}."
            )
        if "code" not in headers:
            raise ValidationError("The column “code” is missing: it tells which milestone a row is about.")
        if twice := sorted({header for header in headers if headers.count(header) > 1}):
            raise ValidationError(f"Columns that stand in the file twice: {', '.join(twice)}.")
        self.read_places()
        self.read_milestones()

    def read_places(self) -> None:
        here = self.transition
        people = User.objects.filter(grants__transition=here).distinct()
        for name, rows in (("pillar", here.pillars), ("area", here.areas), ("owner_office", here.offices)):
            self.fields[name].widget.known = {row.code: row for row in rows.all()}
        self.fields["owner"].widget.known = {person.username: person for person in people}

    def read_milestones(self) -> None:
        seen = self.get_queryset().select_related(*PLACES)
        self.known = {milestone.code: milestone for milestone in seen}
        for milestone in self.known.values():
            milestone.transition = self.transition
        self.was_due = {milestone.pk: milestone.due_on for milestone in self.known.values()}
        codes = set(Milestone.objects.filter(transition=self.transition).values_list("code", flat=True))
        self.taken = codes - self.known.keys()

    def get_queryset(self) -> Any:
        if self.transition is None or self.now is None:
            return Milestone.objects.none()
        return Milestone.objects.visible_to(self.by, now=self.now).filter(transition=self.transition)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for column, cell in row.items():
            row[column] = "" if cell is None else as_typed(cell)  # an empty cell of a spreadsheet
            if "\0" in str(cell):
                raise ValidationError({column: "There is a character in it that cannot be kept."})
        row["code"] = code = str(row.get("code", "")).strip()
        if not code:
            raise ValidationError({"code": "The code is empty."})
        if code in self.taken:
            raise ValidationError(
                {"code": f"“{code}” stands in the file twice, or is a milestone that you do not see."}
            )
        self.taken.add(code)

    def init_instance(self, row: Any = None) -> Milestone:
        return Milestone(transition=self.transition)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Only what the file has columns for is compared; a state never is."""
        if instance.pk is None or import_validation_errors:
            return False
        compared = [field for field in self.get_import_fields() if not field.readonly and field.column_name in row]
        return all(field.get_value(instance) == field.get_value(original) for field in compared)

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Whatever is wrong with a row is found here, while its number is known; no query for any."""
        errors = dict(import_validation_errors or {})
        checked = {"code", "due_on", *PLAIN} - errors.keys()
        try:
            instance.clean_fields(exclude={field.name for field in Milestone._meta.fields} - checked)
        except ValidationError as wrong:
            errors = wrong.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def before_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        if instance.pk and instance.due_on != self.was_due[instance.pk]:
            self.moves.append(self.move_of(instance, row))

    def move_of(self, milestone: Milestone, row: Any) -> Move:
        was, reason = self.was_due[milestone.pk], str(row.get("reason") or "")
        if milestone.state in ("done", "dropped"):
            raise ValidationError({"due_on": f"It is {milestone.state}: reopen it before giving it a new date."})
        if not reason.strip():
            sentence = f"The date moves from {was or 'none'} to {milestone.due_on or 'none'}: say why."
            raise ValidationError({"reason": sentence})
        return Move(milestone, milestone.due_on, reason, drivers(row))

    def bulk_create(self, *args: Any, result: Any = None, **kwargs: Any) -> None:
        """Also on a dry run, whose transaction is rolled back: the preview has tried everything."""
        self.try_to(self.enter_new, result)

    def bulk_update(self, *args: Any, result: Any = None, **kwargs: Any) -> None:
        self.try_to(self.write_changed, result)

    def try_to(self, write: Any, result: Any) -> None:
        if result.has_errors() or result.has_validation_errors():
            return
        try:
            with locked(self.transition):
                write()
        except Exception as error:
            self.handle_import_error(result, error)

    def enter_new(self) -> None:
        enter(self.create_instances, by=self.by, now=self.now)  # type: ignore[arg-type]

    def write_changed(self) -> None:
        assert self.now is not None
        Milestone.objects.bulk_update(self.update_instances, [*PLAIN, *PLACES], batch_size=500)
        redate_all(self.moves, by=self.by, now=self.now)

    # --- out

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        transitions = set(queryset.order_by().values_list("transition", flat=True))
        self.frozen = dates_in(latest_versions(transitions, as_of=date.max, known_at=date.max))
        return queryset.select_related(*PLACES)

    def export_resource(self, *args: Any, **kwargs: Any) -> list[Any]:
        return [as_text(cell) for cell in super().export_resource(*args, **kwargs)]

    def dehydrate_slip_days(self, milestone: Milestone) -> Any:
        """Empty where the milestone was not in the approved version: not 0."""
        planned = self.frozen.get(milestone.pk)
        return (milestone.due_on - planned).days if milestone.due_on and planned else ""


def drivers(row: Mapping[str, Any]) -> list[str]:
    given = [word.strip() for word in str(row.get("drivers") or "").replace(",", ";").split(";") if word.strip()]
    if wrong := [word for word in given if word not in Driver.values]:
        raise ValidationError({"drivers": f"{', '.join(wrong)}: give some of {', '.join(Driver.values)}."})
    return given
