import json
import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from standardwebhooks import Webhook

from tests import world
from tests.outbox.channels.conftest import WebServer
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.addresses import add_address, switch, try_out
from transitions.outbox.models import Address

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("here_allowed")]
NOW = world.NOW
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general"
INSIDE = "https://169.254.169.254/latest/meta-data"


@pytest.fixture
def here() -> Any:
    return world.transition("under_way")


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


def added(by: Any, url: str = SLACK, **fields: Any) -> Address:
    given = {"name": "Planning team", "channel": "chat" if "http" not in url else "webhook", "url": url} | fields
    return add_address(Address(**given), by=by, now=NOW)


class TestAdding:
    def test_without_a_transition_is_for_oneself(self) -> None:
        somebody = world.person(Role.PROVIDER, world.transition())
        assert (added(somebody).person, Address.objects.get().transition) == (somebody, None)

    def test_for_a_transition_is_for_who_sets_it_up(self, here: Any, planner: Any) -> None:
        made = added(planner, transition=here)
        assert (made.person, made.transition, made.created_by) == (None, here, planner)
        for other in (world.person(Role.PROVIDER, here), world.person(Role.PLANNER, world.transition())):
            with pytest.raises(ValidationError, match="You do not set up this transition"):
                added(other, "https://127.0.0.1/hook", transition=here)

    def test_gives_a_webhook_a_secret_of_its_own_and_a_chat_none(self, planner: Any) -> None:
        first, second = (added(planner, f"https://127.0.0.1/{name}") for name in "ab")
        assert first.secret != second.secret
        assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", first.secret)
        assert added(planner).secret == ""

    @pytest.mark.parametrize("url", [INSIDE, "http://example.org/", "nonsense http"])
    def test_where_nothing_may_be_sent_is_refused(self, planner: Any, url: str) -> None:
        with pytest.raises(ValidationError):
            added(planner, url)
        assert not Address.objects.exists()

    def test_of_the_same_again_is_refused_while_it_is_active(self, planner: Any) -> None:
        first = added(planner)
        with pytest.raises(ValidationError, match="There is an active one with this address already"):
            added(planner)
        switch(first, active=False, by=planner, now=NOW)
        added(planner)


class TestSwitching:
    def test_is_for_who_may_keep_it(self, here: Any, planner: Any) -> None:
        own, shared = added(planner), added(planner, transition=here)
        with pytest.raises(PermissionDenied):
            switch(own, active=False, by=world.person(Role.PLANNER, here), now=NOW)
        with pytest.raises(PermissionDenied):
            switch(shared, active=False, by=world.person(Role.AUDITOR, here), now=NOW)
        for address in (own, shared):
            switch(address, active=False, by=planner, now=NOW)
        assert not Address.objects.active().exists()

    def test_on_looks_at_the_address_again_and_off_does_not(self, planner: Any, settings: Any) -> None:
        address = added(planner, "https://127.0.0.1/hook")
        settings.OUTGOING_HOSTS = []
        switch(address, active=False, by=planner, now=NOW)
        with pytest.raises(ValidationError, match="inside a network"):
            switch(address, active=True, by=planner, now=NOW)
        assert not Address.objects.active().exists()


class TestTheDatabase:
    @pytest.mark.parametrize(
        ("wrong", "constraint"),
        [
            ({}, "address_of_a_person_or_a_transition"),
            ({"person": 1, "transition": 1}, "address_of_a_person_or_a_transition"),
            ({"person": 1, "channel": "chat", "secret": "x"}, "only_webhooks_have_a_secret"),
            ({"person": 1, "channel": "webhook"}, "only_webhooks_have_a_secret"),
            ({"person": 1, "channel": "pigeon"}, "only_webhooks_have_a_secret"),
            ({"person": 1, "url": ""}, "address_says_where"),
        ],
    )
    def test_keeps_only_what_makes_sense(self, here: Any, planner: Any, wrong: Any, constraint: str) -> None:
        whose = {"person": planner, "transition": here}
        given = {"channel": "chat", "url": SLACK} | {name: whose.get(name, value) for name, value in wrong.items()}
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Address.objects.create(name="x", created_by=planner, **given)

    def test_keeps_an_address_once(self, planner: Any) -> None:
        added(planner)
        with pytest.raises(IntegrityError, match="an_address_once"), transaction.atomic():
            Address.objects.create(name="x", created_by=planner, person=planner, channel="chat", url=SLACK)

    def test_has_no_secret_in_its_trail(self, planner: Any) -> None:
        address = added(planner, "https://127.0.0.1/a-secret-path")
        trail = json.dumps(list(address.events.values()), default=str)
        assert address.secret not in trail
        assert "a-secret-path" not in trail


class TestVisibleTo:
    def test_shows_ones_own_and_those_of_the_transitions_one_sets_up(self, here: Any, planner: Any) -> None:
        own, shared = added(planner), added(planner, transition=here)
        foreign = added(world.person(Role.PLANNER, here))
        colleague, everywhere = world.person(Role.PLANNER, here), world.person(Role.PLANNER)
        seen = {
            person: set(Address.objects.all().visible_to(person, now=NOW))
            for person in (planner, colleague, everywhere, world.person(Role.HEAD_OF_MISSION, here))
        }
        assert [*seen.values()] == [{own, shared}, {shared}, {shared}, set()]
        assert foreign not in set.union(*seen.values())


class TestShown:
    @pytest.mark.parametrize(
        ("url", "shown"),
        [
            (SLACK, "slack://…"),
            ("https://hooks.example.org/a/secret?key=x", "https://hooks.example.org/…"),
            ("mmosts://name:secret@chat.example.org/token", "mmosts://…"),
        ],
    )
    def test_is_where_it_leads_and_no_secret(self, url: str, shown: str) -> None:
        assert Address(url=url).shown == shown


@pytest.fixture
def browser(client: Any, planner: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(NOW)
    planner.is_staff = True
    planner.save()
    client.force_login(planner)
    return client


def page(name: str, *args: Any) -> str:
    return reverse(f"admin:outbox_address_{name}", args=args)


def text(response: Any) -> str:
    return str(response.content.decode())


class TestThePages:
    def test_add_a_webhook_and_show_its_secret_once(self, browser: Any, here: Any) -> None:
        given = {"name": "Registry", "channel": "webhook", "url": "https://127.0.0.1/quiet", "transition": here.pk}
        answer = browser.post(page("add"), given, follow=True)
        address = Address.objects.get()
        assert (address.transition, address.person) == (here, None)
        assert address.secret in text(answer)
        for again in (browser.get(page("change", address.pk)), browser.get(page("changelist"))):
            assert "https://127.0.0.1/…" in text(again)
            assert address.secret not in text(again)
            assert "quiet" not in text(again)

    def test_say_what_is_wrong_with_an_address(self, browser: Any, here: Any) -> None:
        given = {"name": "Registry", "channel": "webhook", "url": INSIDE}
        assert "is inside a network" in text(browser.post(page("add"), given))
        elsewhere = world.transition()
        world.grant(world.User.objects.get(pk=browser.session["_auth_user_id"]), Role.AUDITOR, elsewhere)
        given = {"name": "Team", "channel": "chat", "url": SLACK, "transition": elsewhere.pk}
        assert "You do not set up this transition" in text(browser.post(page("add"), given))
        assert not Address.objects.exists()

    def test_rename_and_switch_but_do_not_edit(self, browser: Any, planner: Any, settings: Any) -> None:
        address = added(planner)
        browser.post(page("change", address.pk), {"name": "Renamed", "url": INSIDE, "active": "on"})
        address.refresh_from_db()
        assert (address.name, address.url, address.active) == ("Renamed", SLACK, True)
        browser.post(page("change", address.pk), {"name": "Renamed"})
        address.refresh_from_db()
        assert not address.active

    def test_say_why_an_address_cannot_be_switched_on(self, browser: Any, planner: Any, settings: Any) -> None:
        address = added(planner, "https://127.0.0.1/hook")
        switch(address, active=False, by=planner, now=NOW)
        settings.OUTGOING_HOSTS = []
        assert "inside a network" in text(browser.post(page("change", address.pk), {"name": "x", "active": "on"}))

    def test_send_a_test_message_and_say_what_was_answered(self, browser: Any, planner: Any, web: WebServer) -> None:
        address = added(planner, web.url())
        assert "Send a test message" in text(browser.get(page("change", address.pk)))
        answer = browser.post(page("try_out", address.pk), follow=True)
        assert "the other side answered: 200 thanks" in text(answer)
        [(_, headers, body)] = web.got
        assert "A test" in Webhook(address.secret).verify(body, headers)["data"]["subject"]
        web.answer, web.body = 410, b"no such hook"
        answer = browser.post(page("try_out", address.pk), follow=True)
        assert "did not arrive: 127.0.0.1 answered 410 no such hook" in text(answer)

    def test_send_nothing_on_get_nor_for_others(self, browser: Any, here: Any, web: WebServer) -> None:
        own = added(world.person(Role.PLANNER, here), web.url())
        assert browser.get(page("try_out", own.pk)).status_code == 405
        assert browser.post(page("try_out", own.pk)).status_code == 404
        with pytest.raises(PermissionDenied):
            try_out(own, by=world.person(Role.PLANNER, here), now=NOW)
        assert web.got == []
