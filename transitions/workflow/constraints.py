"""A constraint that Django does not have: what a row points at must belong to the row's own transition."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DEFAULT_DB_ALIAS
from django.db.models import BaseConstraint, Model


class SameTransition(BaseConstraint):
    """A foreign key over two columns: (transition, field) → (transition, id) of the other table.

    The other model carries `UniqueConstraint(fields=["transition", "id"])`, which the key refers to.
    """

    def __init__(self, *, field: str, name: str) -> None:
        super().__init__(name=name)
        self.field = field

    def _sql(self, model: type[Model], schema_editor: Any) -> str:
        field, quote = model._meta.get_field(self.field), schema_editor.quote_name
        other = field.related_model._meta.db_table  # type: ignore[union-attr]
        return (
            f"ALTER TABLE {quote(model._meta.db_table)} ADD CONSTRAINT {quote(self.name)} "
            f"FOREIGN KEY (transition_id, {quote(field.column)}) REFERENCES {quote(other)} (transition_id, id) "  # type: ignore[union-attr]
            "DEFERRABLE INITIALLY DEFERRED"
        )

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """At the end of the migration: the table or the key that it refers to may be made in the same one."""
        schema_editor.deferred_sql.append(self._sql(model, schema_editor))

    create_sql = constraint_sql

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        quote = schema_editor.quote_name
        return f"ALTER TABLE {quote(model._meta.db_table)} DROP CONSTRAINT {quote(self.name)}"

    def validate(self, model: type[Model], instance: Model, exclude: Any = None, using: str = DEFAULT_DB_ALIAS) -> None:
        if exclude and self.field in exclude:
            return
        other = getattr(instance, self.field, None)
        if other is not None and other.transition_id != instance.transition_id:  # type: ignore[attr-defined]
            raise ValidationError({self.field: f"{other} belongs to another transition."})

    def deconstruct(self) -> Any:
        path, args, kwargs = super().deconstruct()
        return path, args, {**kwargs, "field": self.field}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SameTransition) and (self.name, self.field) == (other.name, other.field)

    __hash__ = BaseConstraint.__hash__
