"""What the database itself refuses, over all models there are."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction

from tests import world
from tests.filled import filled
from transitions.workflow.constraints import SameTransition
from transitions.workflow.models import APPEND_ONLY, FactRow

pytestmark = pytest.mark.django_db


def label(value):
    return value._meta.label if isinstance(value, type) else getattr(value, "name", None)


APPEND_ONLY_MODELS = [model for model in apps.get_models() if APPEND_ONLY in getattr(model._meta, "triggers", [])]
SAME_TRANSITION = [
    (model, constraint)
    for model in apps.get_models()
    for constraint in model._meta.constraints
    if isinstance(constraint, SameTransition)
]


class TestAppendOnly:
    def test_holds_for_every_fact_row(self):
        facts = {model for model in apps.get_models() if issubclass(model, FactRow)}
        assert facts <= set(APPEND_ONLY_MODELS)
        assert len(APPEND_ONLY_MODELS) >= 10

    @pytest.mark.parametrize("model", APPEND_ONLY_MODELS, ids=label)
    @pytest.mark.parametrize("sql", ["UPDATE {} SET id = id WHERE id = %s", "DELETE FROM {} WHERE id = %s"])
    def test_refuses_update_and_delete_by_sql(self, model, sql):
        row = filled(model, world.transition())
        with pytest.raises(DatabaseError, match="append_only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.format(connection.ops.quote_name(model._meta.db_table)), [row.pk])
        assert model._base_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize(("model", "constraint"), SAME_TRANSITION, ids=label)
class TestSameTransition:
    def test_accepts_its_own(self, model, constraint):
        here = world.transition()
        other = filled(model._meta.get_field(constraint.field).related_model, here)
        row = filled(model, here, **{constraint.field: other})
        constraint.validate(model, row)
        connection.check_constraints()

    def test_refuses_a_row_of_another_transition(self, model, constraint):
        here, elsewhere = world.transition(), world.transition()
        other = filled(model._meta.get_field(constraint.field).related_model, elsewhere)
        row = filled(model, here, **{constraint.field: other})
        with pytest.raises(ValidationError) as refused:
            constraint.validate(model, row)
        assert list(refused.value.message_dict) == [constraint.field]
        with pytest.raises(IntegrityError, match=constraint.name):
            connection.check_constraints()

    def test_sees_a_transition_changed_afterwards(self, model, constraint):
        here, elsewhere = world.transition(), world.transition()
        other = filled(model._meta.get_field(constraint.field).related_model, here)
        row = filled(model, here, **{constraint.field: other})
        if issubclass(model, FactRow):
            return  # its transition never changes: the database refuses any update
        model._base_manager.filter(pk=row.pk).update(transition=elsewhere)
        with pytest.raises(IntegrityError, match="violates foreign key"):
            connection.check_constraints()
