"""An address that says “never again” or “not before” is believed, for all that would be sent there."""

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from tests import world
from tests.outbox.channels.conftest import WebServer
from tests.outbox.channels.test_chat import mattermost
from tests.outbox.conftest import NOW, lease_runs_out, note
from transitions.access.permissions import Role
from transitions.outbox.addresses import add_address, switch
from transitions.outbox.delivery import LONGEST_WAIT, Outcome, deliver
from transitions.outbox.models import Address, Message

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here_allowed")]


@pytest.fixture
def keeper() -> Any:
    return world.person(Role.PLANNER, world.transition())


@pytest.fixture
def hook(web: WebServer, keeper: Any) -> Address:
    made = Address(name="Registry", channel="webhook", url=web.url())
    return add_address(made, by=keeper, now=NOW)


def copies(address: Address, number: int = 1) -> list[Message]:
    given = {"channel": address.channel, "address": address, "urgent": True}
    return [note(address.created_by, **given) for _ in range(number)]


def waits(message: Message) -> float:
    message.refresh_from_db()
    return (message.next_attempt_at - timezone.now()).total_seconds()


class TestAnAddressThatIsGone:
    def test_is_switched_off_with_the_reason_and_not_asked_again(
        self, web: WebServer, hook: Address, keeper: Any, client: Any
    ) -> None:
        copies(hook, 101)  # one more than a batch
        web.answer, web.body = 410, b"no such hook"
        assert deliver(now=NOW, channel="webhook") == Outcome(failed=101)
        assert len(web.got) == 1
        hook.refresh_from_db()
        assert (hook.active, hook.why_off) == (False, "127.0.0.1 answered 410 no such hook")
        assert set(Message.objects.values_list("why_not", flat=True)) == {
            hook.why_off, f"Registry (webhook) is switched off. {hook.why_off}",
        }  # fmt: skip
        keeper.is_staff = True
        keeper.save()
        client.force_login(keeper)
        for page, args in (("changelist", []), ("change", [hook.pk])):
            shown = client.get(reverse(f"admin:outbox_address_{page}", args=args))
            assert hook.why_off in shown.content.decode()

    def test_works_again_once_it_was_switched_on(self, web: WebServer, hook: Address, keeper: Any) -> None:
        copies(hook)
        web.answer = 410
        deliver(now=NOW, channel="webhook")
        hook.refresh_from_db()
        switch(hook, active=True, by=keeper, now=NOW)
        web.answer = 200
        copies(hook)
        assert deliver(now=NOW, channel="webhook") == Outcome(sent=1)
        assert hook.why_off == ""

    @pytest.mark.parametrize(("status", "active"), [(410, False), (404, True)])
    def test_may_be_a_chat_s(self, web: WebServer, keeper: Any, status: int, active: bool) -> None:
        given = {"name": "Team", "channel": "chat", "person": keeper, "created_by": keeper}
        team = Address.objects.create(url=mattermost(web), **given)
        copies(team)
        web.answer = status
        assert deliver(now=NOW, channel="chat") == Outcome(failed=1)
        team.refresh_from_db()
        assert team.active == active


class TestAnAddressThatAsksForTime:
    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ("1800", 1800), ("9" * 400, LONGEST_WAIT), ("0", 10), ("soon", 10), ("-5", 10),
            ("a date", 7200),
            ("Wed, 21 Oct 2015 07:28:00 GMT", 10),
        ],
    )  # fmt: skip
    def test_gets_it_within_reason(self, web: WebServer, hook: Address, status: int, asked: str, given: int) -> None:
        [message] = copies(hook)
        if asked == "a date":
            asked = format_datetime(timezone.now() + timedelta(hours=2), usegmt=True)
        web.answer, web.headers = status, {"Retry-After": asked}
        assert deliver(now=NOW, channel="webhook") == Outcome(postponed=1)
        assert given - 60 <= waits(message) <= given + 5

    def test_gets_it_for_all_that_waits(self, web: WebServer, hook: Address) -> None:
        waiting = copies(hook, 101)
        web.answer, web.headers = 429, {"Retry-After": "1800"}
        assert deliver(now=NOW, channel="webhook") == Outcome(postponed=100)
        assert len(web.got) == 1
        assert all(1700 < waits(message) <= 1805 for message in waiting)
        web.answer, web.headers = 200, {}
        lease_runs_out()
        assert deliver(now=NOW, channel="webhook") == Outcome(sent=101)
