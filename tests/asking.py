"""Asking over REST or at the admin site: fixtures for every room (`tests/conftest.py` names this module)."""

from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse


class Api:
    """`api(user)` is a client that carries the user's token."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def __call__(self, user: Any) -> "Api":
        self.client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {AuthToken.objects.create(user)[1]}"
        return self

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(f"/api/v1/{path}", body, content_type="application/json")


@pytest.fixture
def clock(db: Any) -> None:
    """The present is `world.NOW`."""
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)


@pytest.fixture
def api(client: Any, clock: None) -> Api:
    return Api(client)


@pytest.fixture
def as_(client: Any) -> Any:
    """A browser at the admin site, signed in as somebody."""

    def sign_in(user: Any) -> Any:
        user.is_staff = True
        user.save()
        client.force_login(user)
        return client

    return sign_in
