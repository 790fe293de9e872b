"""In a real browser, as the demonstration's people: from what is due to who did it."""

from typing import Any

import pytest

from tests.journeys.conftest import press, sign_in
from transitions.calendar.models import Milestone
from transitions.clock import present
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db(transaction=True)


class TestAHardMilestone:
    def test_is_finished_with_evidence_and_everyone_sees_it(
        self, browser: Any, live_server: Any, people: dict[str, str], mail: Any, client: Any
    ) -> None:
        sweep(now=present.now())
        waiting = Message.objects.waiting().get(kind="calendar.milestone_due", payload__rung=-30)
        page = browser.new_page()

        sign_in(page, live_server.url, people["user.planner"])
        assert page.get_by_text("Rehearsal: the clock stands at 2 December 2020").is_visible()
        press(page, page.get_by_role("link", name="M-20 UNAMID's mandate ends"))

        finish = page.locator("[data-step=finish]")
        assert "has no evidence" in finish.locator("[data-blocker=no_evidence]").inner_text()
        press(page, finish.get_by_role("button", name="Finish", exact=True))
        assert page.get_by_text("This was not done, and nothing was changed").is_visible()
        assert page.locator("[data-blocker=no_evidence]").is_visible()

        press(page, page.get_by_role("link", name="Back to M-20"))
        page.fill("section[aria-labelledby=tr-evidence] input[name=title]", "Note of the last day")
        page.fill("section[aria-labelledby=tr-evidence] textarea", "The flag was lowered.")
        press(page, page.get_by_role("button", name="Add evidence"))
        press(page, page.locator("[data-step=finish]").get_by_role("button", name="Finish", exact=True))
        assert page.locator("[data-state=done]").is_visible()

        deliver(now=present.now())
        waiting.refresh_from_db()
        assert (waiting.delivery, waiting.why_not) == ("withdrawn", "nothing is owed any more: it is done")
        assert not any(b"M-20" in letter.content for letter in mail.letters)

        token = {"Authorization": f"Bearer {people['api_token']}"}
        rows = client.get("/api/v1/transitions/unamid/milestones/?state=done", headers=token).json()["results"]
        assert "M-20" in [row["code"] for row in rows]
        page.goto(f"{live_server.url}/transitions/unamid/")
        assert "done" in page.get_by_role("row", name="M-20").inner_text()

        auditor = browser.new_page()
        auditor.context.clear_cookies()
        sign_in(auditor, live_server.url, people["user.auditor"])
        item = Milestone.objects.get(code="M-20")
        auditor.goto(f"{live_server.url}/admin/calendar/milestone/{item.pk}/change/")
        history = auditor.locator("section[aria-labelledby=tr-history]").inner_text()
        assert "finish: planned → done" in history
        assert "Salma the planner (illustrative)" in history
        assert auditor.get_by_role("button", name="Reopen").count() == 0
