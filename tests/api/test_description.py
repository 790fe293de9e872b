"""The API does what its description says, whatever is asked of it."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from knox.models import AuthToken
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import world
from transitions.access.permissions import Role

pytestmark = pytest.mark.django_db(transaction=True)
KEPT = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ENOUGH = settings(max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def token(transactional_db: Any) -> str:
    here = world.transition("under_way", slug="described")
    world.milestone(here)
    return str(AuthToken.objects.create(world.person(Role.PLANNER, here))[1])


def test_every_path_keeps_to_its_description(live_server: Any, token: str) -> None:
    description = schemathesis.openapi.from_url(f"{live_server.url}/api/v1/schema/")
    tried = 0
    for found in description.include(path_regex="^/api/v1/(transitions|milestones|handovers)/").get_all_operations():
        operation = found.ok()

        @ENOUGH
        @given(case=operation.as_strategy())
        def keeps(case: Any) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(answer, checks=KEPT)

        keeps()
        tried += 1
    assert tried >= 9
