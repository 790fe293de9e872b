"""The two ways in to a handover, as a browser and as a program use them, and what a refusal leaves behind."""

from collections.abc import Callable
from html import unescape
from threading import Barrier, Thread
from typing import Any

from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from transitions.access.models import User
from transitions.handovers.models import Handover

ROOMS = ("handovers", "workflow", "outbox", "calendar", "missions", "reminders")


def at_the_page(by: User) -> Client:
    User.objects.filter(pk=by.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(by)
    return browser


def path(handover: Handover, page: str, *more: str) -> str:
    return reverse(f"admin:handovers_handover_{page}", args=[handover.pk, *more])


def in_the_admin(by: User, handover: Handover, *, act: str = "step", **given: Any) -> Any:
    """The form sent as the page has it: with the version that it showed."""
    browser = at_the_page(by)
    shown = browser.get(path(handover, "change"))
    version = shown.context["thing"].version if shown.status_code == 200 else handover.version
    return browser.post(path(handover, "act", act), {"version": version, **given})


def over_rest(by: User, handover: Handover, **given: Any) -> Any:
    handover.refresh_from_db()
    headers = {"authorization": f"Bearer {AuthToken.objects.create(by)[1]}"}
    asked = {"version": handover.version, **given}
    return Client(headers=headers).post(steps(handover), asked, content_type="application/json")


def steps(handover: Handover) -> str:
    return f"/api/v1/handovers/{handover.pk}/steps/"


def everything() -> dict[str, Any]:
    """Every row of every table that a step could write."""
    models = [model for room in ROOMS for model in apps.get_app_config(room).get_models()]
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in models}


def assert_refused(attempt: Callable[[], Any], status: int, sentence: str) -> None:
    """With its status and the sentence that says why, and nothing has changed."""
    before = everything()
    answer = attempt()
    assert (answer.status_code, sentence in unescape(answer.content.decode())) == (status, True), answer.content
    assert everything() == before


def at_once(*calls: Callable[[], Any]) -> list[Exception]:
    """Each from a thread and on a connection of its own. What was refused, whatever it is."""
    ready, refused = Barrier(len(calls)), []

    def run(call: Callable[[], Any]) -> None:
        ready.wait()
        try:
            call()
        except Exception as error:  # the test looks at it
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def twice_at_once(posts: list[Callable[[], Any]]) -> list[Any]:
    """The answers, by their status."""
    answers: list[Any] = []
    refused = at_once(*(lambda post=post: answers.append(post()) for post in posts))
    assert not refused
    return sorted(answers, key=lambda answer: answer.status_code)
