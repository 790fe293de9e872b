"""Who gets in at a feed's address, how it answers, and how its person makes and revokes it."""

import re
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from tests import world
from tests.calendar.feeds import address, parsed
from transitions.access.models import Grant, User
from transitions.access.permissions import Role
from transitions.calendar.dates import redate
from transitions.calendar.feed_addresses import open_address, revoke
from transitions.calendar.models import FeedAddress, Milestone
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
NOW, TODAY = world.NOW, world.TODAY
LIST, SUBSCRIBE = "admin:calendar_feedaddress_changelist", "admin:subscribe"
SHOWN = re.compile(r"<code data-address[^>]*>http://testserver(/feeds/[\w-]{43}\.ics)</code>")


@pytest.fixture
def here(db: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(NOW)
    return world.transition("under_way")


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


@pytest.fixture
def as_(client: Any) -> Any:
    def sign_in(user: User) -> Any:
        User.objects.filter(pk=user.pk).update(is_staff=True)
        client.force_login(user)
        return client

    return sign_in


def told(answer: Any) -> tuple[int, bytes, dict[str, str]]:
    """All of an answer but what is another one each time."""
    return answer.status_code, answer.content, {k: v for k, v in answer.items() if k != "X-Request-ID"}


class TestAnAddress:
    def test_keeps_the_hash_of_its_secret_alone(self, planner: Any) -> None:
        made, secret = open_address(planner, now=NOW)
        row = FeedAddress.objects.values().get(pk=made.pk)
        event = made.events.values().get()
        assert len(secret) == 43
        assert secret not in str(row) + str(event)
        assert row["secret_hash"] not in str(event)

    def test_is_for_who_holds_a_role_there(self, here: Any, planner: Any) -> None:
        elsewhere = world.transition()
        for user, transition in ((planner, elsewhere), (world.person(), None), (world.person(), here)):
            with pytest.raises(PermissionDenied):
                open_address(user, transition, now=NOW)
        assert not FeedAddress.objects.exists()

    def test_is_not_there_alike_whatever_is_wrong(self, client: Any, here: Any, planner: Any) -> None:
        paths = {why: address(world.person(Role.PLANNER, here), here) for why in ("revoked", "inactive", "expired")}
        of = {why: FeedAddress.objects.order_by("pk")[place].user for place, why in enumerate(paths)}
        assert {client.get(path).status_code for path in paths.values()} == {200}
        revoke(FeedAddress.objects.filter(user=of["revoked"]), by=of["revoked"])
        User.objects.filter(pk=of["inactive"].pk).update(is_active=False)
        Grant.objects.filter(user=of["expired"]).update(until=TODAY - timedelta(days=1))
        unknown = client.get("/feeds/nobody-has-ever-made-this-one.ics")
        assert unknown.status_code == 404
        for why, path in paths.items():
            assert told(client.get(path)) == told(unknown), why

    def test_of_a_transition_ends_with_the_role_there(self, client: Any, here: Any, planner: Any) -> None:
        world.grant(planner, Role.AUDITOR, world.transition())
        of_here, of_mine = address(planner, here), address(planner)
        planner.grants.filter(transition=here).delete()
        assert [client.get(path).status_code for path in (of_here, of_mine)] == [404, 200]

    def test_is_revoked_by_its_own_person_alone(self, client: Any, here: Any, planner: Any) -> None:
        path = address(planner)
        assert revoke(FeedAddress.objects.all(), by=world.person(Role.PLANNER, here)) == 0
        assert client.get(path).status_code == 200
        assert revoke(FeedAddress.objects.all(), by=planner) == 1
        assert revoke(FeedAddress.objects.all(), by=planner) == 0
        assert client.get(path).status_code == 404

    def test_says_when_it_was_last_read(self, client: Any, planner: Any) -> None:
        path = address(planner)
        one = FeedAddress.objects.get()
        assert one.last_read_at is None
        client.get(path)
        one.refresh_from_db()
        assert one.created_at <= one.last_read_at
        assert one.events.count() == 1  # the audit is of what people do


class TestAnAnswer:
    def test_is_for_its_reader_alone_and_opens_no_session(self, here: Any, planner: Any, as_: Any) -> None:
        path = address(planner, here)
        for browser in (Client(), as_(world.person(Role.AUDITOR))):
            sessions = Session.objects.count()
            answer = browser.get(path)
            assert "private" in answer["Cache-Control"]
            assert "Cookie" not in answer.get("Vary", "")
            assert not answer.cookies
            assert Session.objects.count() == sessions

    def test_is_nothing_new_while_nothing_has_changed(self, client: Any, here: Any, planner: Any) -> None:
        world.milestone(here)
        path = address(planner, here)
        first, second = client.get(path), client.get(path)
        rehearse(NOW + timedelta(days=3))
        later = client.get(path)
        assert first["ETag"] == second["ETag"] == later["ETag"]
        assert first.content == later.content
        for given in (first["ETag"], f'"other", {first["ETag"]}', f"W/{first['ETag']}", "*"):
            again = client.get(path, headers={"if-none-match": given})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
            assert again["Cache-Control"] == first["Cache-Control"]
        assert client.get(path, headers={"if-none-match": '"other"'}).content == first.content

    def test_is_another_one_after_any_change_in_it(self, client: Any, here: Any, planner: Any) -> None:
        item = world.milestone(here, owner=world.person(Role.PROVIDER, here))
        changes = [
            lambda: redate(item, TODAY, by=planner, now=NOW, reason="sooner"),
            lambda: Milestone.objects.filter(pk=item.pk).update(title="Other words"),
            lambda: Milestone.objects.filter(pk=item.pk).update(approximate=True),
            lambda: User.objects.filter(pk=item.owner_id).update(display_name="Somebody else"),
            lambda: here.pillars.create(code="law", name="Law") and None,  # which is in nothing of it
            lambda: Milestone.objects.filter(pk=item.pk).update(pillar=here.pillars.get(code="law")),
            lambda: Milestone.objects.filter(pk=item.pk).update(marking="confidential"),
            lambda: take(item, "drop", by=planner, now=NOW, reason="not needed"),
        ]
        path, tags = address(planner, here), []
        tags.append(client.get(path)["ETag"])
        for change in changes:
            change()
            tags.append(client.get(path)["ETag"])
        same = [one == other for one, other in pairwise(tags)]
        assert same == [False] * 4 + [True] + [False] * 3

    def test_is_to_reading_alone(self, client: Any, planner: Any) -> None:
        path = address(planner)
        assert client.head(path)["ETag"] == client.get(path)["ETag"]
        assert {client.post(path).status_code, client.put(path).status_code, client.delete(path).status_code} == {405}

    @pytest.mark.parametrize("secret", ["%00", "%F0%28", "x" * 5000, "é", "..%2f..%2fetc", "' OR 1=1"])
    def test_to_any_nonsense_is_that_it_is_not_there(self, client: Any, here: Any, secret: str) -> None:
        assert client.get(f"/feeds/{secret}.ics").status_code == 404


class TestTheAdmin:
    def test_makes_an_address_and_shows_it_once(self, as_: Any, here: Any, planner: Any) -> None:
        item = world.milestone(here)
        browser = as_(planner)
        offered = browser.get(reverse(SUBSCRIBE), {"transition": here.slug}).content.decode()
        assert f'<option value="{here.slug}" selected>' in offered
        assert not FeedAddress.objects.exists()
        shown = browser.post(reverse(SUBSCRIBE), {"transition": here.slug})
        path = SHOWN.search(shown.content.decode())[1]  # type: ignore[index]
        assert "no-store" in shown["Cache-Control"]
        assert [str(event["SUMMARY"]) for event in parsed(Client().get(path).content).walk("VEVENT")] == [str(item)]
        secret = path.removeprefix("/feeds/").removesuffix(".ics")
        one = FeedAddress.objects.get()
        for page in (reverse(LIST), reverse("admin:calendar_feedaddress_change", args=[one.pk])):
            assert secret not in browser.get(page).content.decode()

    def test_makes_none_for_a_transition_that_one_does_not_see(self, as_: Any, planner: Any) -> None:
        other = world.transition("under_way", name="Not for you")
        browser = as_(planner)
        assert browser.post(reverse(SUBSCRIBE), {"transition": other.slug}).status_code == 404
        assert "Not for you" not in browser.get(reverse(SUBSCRIBE)).content.decode()
        assert as_(world.person()).post(reverse(SUBSCRIBE), {"transition": ""}).status_code == 403
        assert not FeedAddress.objects.exists()

    def test_revokes_one_s_own_and_shows_no_other(self, as_: Any, here: Any, planner: Any) -> None:
        mine, other = address(planner, here), address(world.person(Role.PLANNER, here), here)
        first, second = FeedAddress.objects.order_by("pk")
        browser = as_(planner)
        assert [row.pk for row in browser.get(reverse(LIST)).context["cl"].result_list] == [first.pk]
        chosen = {"action": "revoke", "_selected_action": [first.pk, second.pk]}
        assert "Revoked: 1." in browser.post(reverse(LIST), chosen, follow=True).content.decode()
        assert [Client().get(path).status_code for path in (mine, other)] == [404, 200]

    def test_leads_there_from_the_pages_of_a_transition(self, as_: Any, here: Any, planner: Any) -> None:
        browser, link = as_(planner), f"{reverse(SUBSCRIBE)}?transition={here.slug}"
        for page in (f"/transitions/{here.slug}/", reverse("admin:missions_transition_change", args=[here.pk])):
            assert link in browser.get(page).content.decode()
