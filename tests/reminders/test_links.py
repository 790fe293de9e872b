"""Links in letters: one act on one message, once, for two weeks; and one click for fewer of them."""

import re
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from tests import world
from tests.reminders.conftest import DUE, at, owned
from transitions.access.permissions import Marking, Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.missions.models import ResidualObligation
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message, Preference
from transitions.outbox.signed import ANSWERING, UNSUBSCRIBING, answer_link, sealed, unsubscribe_link
from transitions.reminders.answers import acknowledge
from transitions.reminders.models import Answer
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import take

pytestmark = pytest.mark.django_db
NEXT_DAY = at(-6)
SITE = "https://transitions.example.org"


@pytest.fixture
def web(settings: Any) -> Client:
    """Nobody is signed in, and a form without its check for forged requests is refused elsewhere."""
    settings.SITE_URL = SITE
    Rehearsal.objects.all().delete()
    rehearse(NEXT_DAY)
    return Client(enforce_csrf_checks=True)


def letter_to(item: Any, mail: Any, days: int = -7) -> Any:
    """As its owner's mail program has it."""
    sweep(now=at(days))
    deliver(now=at(days))
    return message_from_bytes(mail.letters[-1].content, policy=default)


def links(letter: Any) -> dict[str, str]:
    """Act → path, as they stand in the text."""
    found = re.findall(rf"{SITE}(/answer/\d+-(\w+)-\S+)", letter.get_body(["plain"]).get_content())
    return {act: path for path, act in found}


def reminder(item: Any) -> Message:
    found: Message = Message.objects.get(thing_id=item.pk)
    return found


def text(response: Any) -> str:
    return str(response.content.decode())


class TestALetter:
    def test_carries_a_link_for_each_answer(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        letter = letter_to(item, mail)
        assert list(links(letter)) == ["acknowledged", "confirmed", "snoozed", "handed_on"]
        html = letter.get_body(["html"]).get_content()
        assert all(f'href="{SITE}{path}"' in html for path in links(letter).values())
        assert "<img" not in html

    def test_to_who_has_no_account_can_only_be_acknowledged(self, here: Any, web: Client, mail: Any) -> None:
        named = world.User.objects.create_user("named", "named@example.org")
        item = owned(here, owner=named)
        assert list(links(letter_to(item, mail))) == ["acknowledged"]
        for act in ("confirmed", "snoozed", "handed_on"):
            answer = web.post(urlsplit(answer_link(reminder(item), act)).path, {"until": "2020-11-28"})
            assert (answer.status_code, "takes an account" in text(answer)) == (410, True)
        assert web.post(links(letter_to(item, mail))["acknowledged"]).status_code == 200
        assert Answer.objects.get().by == named

    def test_to_who_has_a_role_and_no_password_can_be_answered(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        item.owner.set_unusable_password()
        item.owner.save()
        assert "confirmed" in links(letter_to(item, mail))

    def test_of_something_late_is_not_confirmed_and_of_something_hard_not_put_off(
        self, here: Any, web: Client, mail: Any
    ) -> None:
        assert list(links(letter_to(owned(here, hard=True), mail, 1))) == ["acknowledged", "handed_on"]

    def test_says_where_one_click_stops_them(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        letter = letter_to(item, mail)
        address = letter["List-Unsubscribe"].strip("<>")
        assert address.startswith(f"{SITE}/unsubscribe/")
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert address in letter.get_body(["plain"]).get_content()


class TestALink:
    @pytest.mark.parametrize("method", ["get", "head"])
    @pytest.mark.parametrize("act", ["acknowledged", "confirmed", "snoozed", "handed_on"])
    def test_changes_nothing_when_it_is_followed(
        self, here: Any, web: Client, mail: Any, method: str, act: str
    ) -> None:
        item = owned(here)
        path = links(letter_to(item, mail))[act]
        web.force_login(item.owner)
        before = list(Message.objects.values())
        answer = getattr(web, method)(path)
        assert answer.status_code == 200
        assert not Answer.objects.exists()
        assert list(Message.objects.values()) == before
        assert ("Nothing has been changed" in text(answer)) == (method == "get")

    @pytest.mark.parametrize(
        ("act", "given"), [("acknowledged", {}), ("confirmed", {}), ("snoozed", {"until": "2020-11-28"})]
    )
    def test_answers_on_post_without_signing_in(
        self, here: Any, web: Client, mail: Any, act: str, given: dict[str, str]
    ) -> None:
        item = owned(here)
        answer = web.post(links(letter_to(item, mail))[act], given)
        assert (answer.status_code, "Thank you" in text(answer)) == (200, True)
        made = Answer.objects.get()
        assert (made.kind, made.by, made.via, made.on) == (act, item.owner, "link", NEXT_DAY.date())
        assert web.cookies == {}

    def test_answers_what_remains_after_the_mission_too(self, here: Any, web: Client, mail: Any) -> None:
        """Its rows have no marking of their own."""
        owner = world.person(Role.PROVIDER, here)
        item = ResidualObligation.objects.create(transition=here, title="The lease", due_on=DUE, owner=owner)
        path = links(letter_to(item, mail))["confirmed"]
        assert "The lease" in text(web.get(path))
        assert "Thank you" in text(web.post(path))
        assert Answer.objects.get().by == owner

    def test_to_hand_on_asks_its_reader_to_sign_in(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        heir = world.person(Role.PROVIDER, here, at=item.owner_office)
        path = links(letter_to(item, mail))["handed_on"]
        asked = web.get(path)
        assert (asked.status_code, asked["Location"].startswith(reverse("admin:login"))) == (302, True)
        assert web.post(path, {"to": heir.pk}).status_code == 302
        web.force_login(world.person(Role.PLANNER, here))
        assert web.get(path).status_code == 403
        assert not Answer.objects.exists()
        web.force_login(item.owner)
        assert f"{heir} (your office)" in text(web.get(path))
        assert web.post(path, {"to": heir.pk}).status_code == 200
        assert Answer.objects.get().to == heir

    @pytest.mark.parametrize("act", ["snoozed", "handed_on"])
    @pytest.mark.parametrize("given", ["", "soon", "0", "9" * 30, "2021-12-01", "²", "\0"])
    def test_says_what_is_wrong_with_what_was_chosen(
        self, here: Any, web: Client, mail: Any, act: str, given: str
    ) -> None:
        item = owned(here)
        web.force_login(item.owner)
        answer = web.post(links(letter_to(item, mail))[act], {"until": given, "to": given})
        assert (answer.status_code, 'role="alert"' in text(answer)) == (400, True)
        assert not Answer.objects.exists()

    def test_is_spent_once_it_was_answered_by_any_way(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        paths = links(letter_to(item, mail))
        acknowledge(reminder(item), by=item.owner, now=NEXT_DAY)
        for again in (web.get(paths["acknowledged"]), web.post(paths["acknowledged"])):
            assert (again.status_code, "answered already" in text(again)) == (410, True)
        assert web.get(paths["confirmed"]).status_code == 200

    def test_is_good_for_two_weeks(self, here: Any, web: Client, mail: Any, monkeypatch: Any) -> None:
        item, real = owned(here), signing.time.time
        path = links(letter_to(item, mail))["acknowledged"]
        monkeypatch.setattr(signing.time, "time", lambda: real() + timedelta(days=13, hours=23).total_seconds())
        assert web.get(path).status_code == 200
        monkeypatch.setattr(signing.time, "time", lambda: real() + timedelta(days=14, hours=1).total_seconds())
        for late in (web.get(path), web.post(path)):
            assert (late.status_code, "older than two weeks" in text(late)) == (410, True)
        assert not Answer.objects.exists()

    def test_that_was_altered_says_so(self, here: Any, web: Client, mail: Any) -> None:
        item, other = owned(here), owned(here)
        letter_to(item, mail)
        mine, theirs = reminder(item), reminder(other)
        token = urlsplit(answer_link(mine, "acknowledged")).path.removeprefix("/answer/").removesuffix("/")
        altered = [
            token.replace(f"{mine.pk}-", f"{theirs.pk}-", 1), token.replace("acknowledged", "confirmed"), token[:-1],
            token.replace(f"-{item.owner_id}.", f"-{other.owner_id}."), "x", token.rpartition(".")[0],
            sealed(UNSUBSCRIBING, mine.pk, "acknowledged", item.owner_id),
        ]  # fmt: skip
        for one in altered:
            answer = web.post(f"/answer/{one}/")
            assert (answer.status_code, "was changed" in text(answer)) == (404, True), one
        assert not Answer.objects.exists()

    def test_that_is_somebody_elses_by_now_says_so(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        path = links(letter_to(item, mail))["acknowledged"]
        Message.objects.update(recipient=world.person(Role.PLANNER, here))
        assert web.post(path).status_code == 404
        forged = sealed(ANSWERING, reminder(item).pk, "acknowledged", item.owner_id)
        assert web.post(f"/answer/{forged}/").status_code == 404

    def test_touches_its_own_message_alone(self, here: Any, web: Client, mail: Any) -> None:
        item, other = owned(here), owned(here)
        sweep(now=at(-7))
        deliver(now=at(-7))
        path = urlsplit(answer_link(reminder(item), "acknowledged")).path
        web.post(f"{path}?message={reminder(other).pk}", {"message": reminder(other).pk, "thing_id": other.pk})
        assert [answer.message for answer in Answer.objects.all()] == [reminder(item)]
        assert other.code not in text(web.get(path))

    def test_of_something_done_says_so(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here)
        path = links(letter_to(item, mail))["acknowledged"]
        take(item, "finish", by=world.founder(), now=at(-7))
        answer = web.get(path)
        assert (answer.status_code, "it is done" in text(answer)) == (410, True)

    def test_of_something_marked_shows_its_code_alone(self, here: Any, web: Client, mail: Any) -> None:
        marked = owned(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        closed_later = owned(here, title="Hide the archive")
        letter_to(marked, mail)
        type(closed_later).objects.filter(pk=closed_later.pk).update(marking=Marking.CONFIDENTIAL)
        for item, secret in ((marked, "witnesses"), (closed_later, "archive")):
            path = urlsplit(answer_link(reminder(item), "acknowledged")).path
            for page in (web.get(path), web.post(path)):
                assert (item.code in text(page), secret in text(page)) == (True, False)
                assert "1 December 2020" not in text(page)

    @pytest.mark.parametrize("act", ["acknowledged", "confirmed", "snoozed", "handed_on"])
    def test_of_something_marked_says_nothing_of_its_state_to_who_has_not_signed_in(
        self, here: Any, web: Client, mail: Any, act: str
    ) -> None:
        item = owned(here, hard=True, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        path = links(letter_to(item, mail))[act]
        if act == "snoozed":
            too_late = web.post(path, {"until": "2020-12-02"})
            assert (too_late.status_code, too_late["Location"].startswith(reverse("admin:login"))) == (302, True)
        take(item, "drop", by=world.founder(), now=at(-7), reason="of no use")
        for page in (web.get(path), web.post(path, {"until": "2020-12-02"})):
            assert (page.status_code, "Sign in to see why" in text(page)) == (410, True)
            assert not [word for word in ("dropped", "owed", "December", "2020-12-01") if word in text(page)]
        web.force_login(item.owner)
        assert "it is dropped" in text(web.get(path))

    def test_is_told_to_no_other_site_and_kept_nowhere(self, here: Any, web: Client, mail: Any) -> None:
        path = links(letter_to(owned(here), mail))["acknowledged"]
        for page in (web.get(path), web.post(path), web.get(path), web.get("/answer/x/"), web.get("/unsubscribe/x/")):
            assert page["Referrer-Policy"] == "no-referrer"
            assert page["Cache-Control"] == "no-store"
            assert page["X-Robots-Tag"] == "noindex, nofollow"
            assert page["X-Frame-Options"] == "DENY"


class TestUnsubscribing:
    def path(self, item: Any) -> str:
        sweep(now=at(-7))
        return urlsplit(unsubscribe_link(reminder(item))).path

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_changes_nothing_when_the_address_is_followed(self, here: Any, web: Client, method: str) -> None:
        item = owned(here)
        answer = getattr(web, method)(self.path(item))
        assert answer.status_code == 200
        assert not Preference.objects.exists()
        if method == "get":
            assert "a milestone is due" in text(answer)  # among what cannot be switched off

    def test_takes_one_click_of_a_mail_program(self, here: Any, web: Client) -> None:
        """RFC 8058, 3.2: no cookie, no redirect, and a second time it changes nothing."""
        item = owned(here)
        path, message = self.path(item), reminder(item)
        for _ in range(2):
            answer = web.post(path, {"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, "weekly list" in text(answer)) == (200, True)
        wish = Preference.objects.get()
        assert (wish.person, wish.transition, wish.pace) == (item.owner, here, "weekly")
        was = message.due_at
        message.refresh_from_db()
        assert message.due_at > was
        assert message.due_at.isoweekday() == wish.weekday

    def test_switches_off_what_can_be(self, here: Any, web: Client) -> None:
        item = owned(here)
        path = self.path(item)
        assert "a step was taken" in text(web.get(path))
        web.post(path, {"List-Unsubscribe": "One-Click"})
        assert Preference.objects.get().muted == ["calendar.moved_along", "workflow.step_taken"]

    def test_keeps_the_hours_that_were_chosen_before(self, here: Any, web: Client) -> None:
        item = owned(here)
        Preference.objects.create(person=item.owner, hour="09:00", weekday=4, muted=["a.kind"])
        web.post(self.path(item), {"List-Unsubscribe": "One-Click"})
        wish = Preference.objects.get(transition=here)
        assert (f"{wish.hour:%H:%M}", wish.weekday, "a.kind" in wish.muted) == ("09:00", 4, True)
        assert Preference.objects.get(transition=None).pace == "daily"

    def test_asks_for_what_mail_programs_post(self, here: Any, web: Client) -> None:
        assert web.post(self.path(owned(here)), {"x": "y"}).status_code == 400
        assert not Preference.objects.exists()

    def test_says_when_the_address_was_changed(self, here: Any, web: Client) -> None:
        item = owned(here)
        path = self.path(item)
        answer_token = sealed(ANSWERING, item.owner_id, here.pk)
        for one in (path[:-2] + "/", f"/unsubscribe/{answer_token}/", path.replace(f"/{item.owner_id}-", "/1-")):
            answer = web.post(one, {"List-Unsubscribe": "One-Click"})
            assert (answer.status_code, "was changed" in text(answer)) == (404, True)
        assert not Preference.objects.exists()

    def test_leaves_what_is_hard_on_its_day(self, here: Any, web: Client, mail: Any) -> None:
        item = owned(here, hard=True)
        web.post(self.path(item), {"List-Unsubscribe": "One-Click"})
        deliver(now=at(-7))
        assert mail.reached == [item.owner.email]
