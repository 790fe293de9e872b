"""Things of a transition in and out as a table, the same columns both ways. Bad rows are named; one is enough to
change nothing.

A room names its columns and brings the two verbs that write them, `enter_new` and `write_changed`: an import goes
through the same doors as a person would, and leaves the same history. A state is never imported.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from import_export import instance_loaders, resources

from transitions.access.models import User, may
from transitions.access.permissions import Permission

from .columns import Coded, as_text, as_typed
from .locks import locked

SHOWN = 60  # characters of a wrong cell that are told again with what is wrong


class ReadOnce(instance_loaders.BaseInstanceLoader):
    """What the rows are about, read behind the lock, in one query for all of them."""

    def get_instance(self, row: Any) -> Any:
        return self.resource.known.get(row["code"])


class TableResource(resources.ModelResource):
    """Made with `transition`, `by` and `now` for an import; an export needs only the queryset that one may see.

    `import_data` previews with `dry_run=True`. It names every bad row; one is enough to change nothing. A person who
    does not plan in the transition, or a column nobody knows, is refused before any row.
    """

    plain: ClassVar[tuple[str, ...]] = ()  # written as they stand in the row
    places: ClassVar[tuple[str, ...]] = ()  # looked up within the transition by what was read once
    besides: ClassVar[tuple[str, ...]] = ()  # columns that say something about the change, such as its reason

    class Meta:
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
        self.known: dict[str, Any] = {}
        self.taken: set[str] = set()
        self.changed: set[str] = set()

    # --- in

    def import_data(self, dataset: Any, dry_run: bool = False, **kwargs: Any) -> Any:
        """All or nothing, whoever calls; behind the lock, because guards read what is written here."""
        kwargs |= {"use_transactions": True, "rollback_on_validation_errors": True}
        with locked(*([self.transition] if self.transition else [])):
            return super().import_data(dataset, dry_run=dry_run, **kwargs)

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        names = self._meta.model._meta
        assert self.now is not None
        if self.transition is None or not may(self.by, Permission.PLAN, self.transition, now=self.now):
            raise ValidationError(f"{names.verbose_name_plural.capitalize()} are imported by the transition's planner.")
        headers, known = dataset.headers or [], {*self.fields, *self.besides}
        if unknown := [header for header in headers if header not in known]:
            raise ValidationError(
                f"Unknown columns: {', '.join(map(str, unknown))}. Known are: {', '.join(sorted(known))}."
            )
        if "code" not in headers:
            raise ValidationError(f"The column “code” is missing: it tells which {names.verbose_name} a row is about.")
        if twice := sorted({header for header in headers if headers.count(header) > 1}):
            raise ValidationError(f"Columns that stand in the file twice: {', '.join(twice)}.")
        self.read_known()
        self.read_places()

    def read_known(self) -> None:
        """Everything that one may see, and the codes of what one may not."""
        self.known = {thing.code: thing for thing in self.get_queryset().select_related(*self.places)}
        for thing in self.known.values():
            thing.transition = self.transition
        every = self._meta.model._default_manager.filter(transition=self.transition)
        self.taken = set(every.values_list("code", flat=True)) - self.known.keys()

    def read_places(self) -> None:
        """Offices are read once for all columns of offices. What a thing names already can stay named."""
        rows: dict[Any, list[Any]] = {}
        for name in self.places:
            model = self._meta.model._meta.get_field(name).related_model
            if model not in rows:
                rows[model] = list(self.rows_of(model))
            named = [place for thing in self.known.values() if (place := getattr(thing, name)) is not None]
            self.look_up(name, [*named, *rows[model]])

    def look_up(self, name: str, rows: Iterable[Any]) -> None:
        widget: Coded = self.fields[name].widget
        widget.known = {str(getattr(row, widget.attribute)): row for row in rows}

    def rows_of(self, model: Any) -> Any:
        """What the rows of the file may name, of one model."""
        if model is User:
            return User.objects.filter(grants__transition=self.transition).distinct()
        return model.objects.all().visible_to(self.by, now=self.now).filter(transition=self.transition)

    def get_queryset(self) -> Any:
        if self.transition is None or self.now is None:
            return self._meta.model._default_manager.none()
        seen = self._meta.model._default_manager.all().visible_to(self.by, now=self.now)
        return seen.filter(transition=self.transition)

    def import_row(self, row: Any, instance_loader: Any, **kwargs: Any) -> Any:
        result = super().import_row(row, instance_loader, **kwargs)
        if result.validation_error is not None:
            result.validation_error = self.with_cells(result.validation_error, row)
        return result

    def with_cells(self, wrong: ValidationError, row: Mapping[str, Any]) -> ValidationError:
        """Each sentence with the cell that it is about."""
        if not hasattr(wrong, "error_dict"):
            return wrong
        columns = {field.attribute: field.column_name for field in self.fields.values()}
        own = {field.name for field in self._meta.model._meta.fields}
        told = {}
        for name, sentences in wrong.message_dict.items():
            column = columns.get(name, name)
            cell = str(row.get(column) or "")[:SHOWN]
            said = [one if not cell or cell in one else f"{one} It says “{cell}”." for one in sentences]
            told[name if name in own else column] = said
        return ValidationError(told)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        for column, cell in row.items():
            row[column] = "" if cell is None else as_typed(cell)  # an empty cell of a spreadsheet
            if "\0" in str(cell):
                raise ValidationError({column: "There is a character in it that cannot be kept."})
        row["code"] = code = str(row.get("code", "")).strip()
        if not code:
            raise ValidationError({"code": "The code is empty."})
        if code in self.taken:
            what = self._meta.model._meta.verbose_name
            raise ValidationError({"code": f"“{code}” stands in the file twice, or is a {what} that you do not see."})
        self.taken.add(code)

    def init_instance(self, row: Any = None) -> Any:
        return self._meta.model(transition=self.transition)

    def skip_row(self, instance: Any, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        """Only what the file has columns for is compared; a state never is."""
        if instance.pk is None or import_validation_errors:
            return False
        compared = [field for field in self.get_import_fields() if not field.readonly and field.column_name in row]
        changed = {
            field.attribute
            for field in compared
            if unbroken(field.get_value(instance)) != unbroken(field.get_value(original))
        }
        self.changed |= changed
        return not changed

    def validate_instance(
        self, instance: Any, import_validation_errors: Any = None, validate_unique: bool = True
    ) -> None:
        """Whatever is wrong with a row is found here, while its number is known; no query for any."""
        errors = dict(import_validation_errors or {})
        checked = {"code", *self.plain} - errors.keys()
        try:
            instance.clean_fields(exclude={field.name for field in instance._meta.fields} - checked)
        except ValidationError as wrong:
            errors = wrong.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def bulk_create(self, *args: Any, result: Any = None, **kwargs: Any) -> None:
        """Also on a dry run, whose transaction is rolled back: the preview has tried everything."""
        self.try_to(self.enter_new, self.create_instances, result)

    def bulk_update(self, *args: Any, result: Any = None, **kwargs: Any) -> None:
        self.try_to(self.write_changed, self.update_instances, result)

    def try_to(self, write: Any, things: Any, result: Any) -> None:
        if not things or result.has_errors() or result.has_validation_errors():
            return
        try:
            with locked(self.transition):
                write(things)
        except Exception as error:
            self.handle_import_error(result, error)

    def correct(self, things: list[Any], names: Iterable[str]) -> None:
        """Write these columns of many: only those that some row of the file changes, for each costs as many cases."""
        if changed := [name for name in names if name in self.changed]:
            self._meta.model._default_manager.bulk_update(things, changed, batch_size=500)

    def enter_new(self, things: list[Any]) -> None:
        raise NotImplementedError

    def write_changed(self, things: list[Any]) -> None:
        raise NotImplementedError

    # --- out

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        return queryset.select_related(*self.places)

    def export_resource(self, *args: Any, **kwargs: Any) -> list[Any]:
        return [as_text(cell) for cell in super().export_resource(*args, **kwargs)]


def unbroken(value: Any) -> Any:
    """A browser ends a line with two characters, and a spreadsheet keeps one of them."""
    return value.replace("\r\n", "\n") if isinstance(value, str) else value
