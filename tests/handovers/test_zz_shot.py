from typing import Any
import pytest
from tests import world
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.conditions import Asked
from transitions.handovers.agreement import accept
from transitions.handovers.models import Incident
from transitions.handovers.incidents import record_incident
from transitions.missions.models import Area

@pytest.mark.django_db(transaction=True)
def test_shot(live_server: Any, browser: Any, two_sides: Any, offered: Any) -> None:
    Rehearsal.objects.all().delete(); rehearse(world.NOW)
    Area.objects.create(transition=two_sides.here, code="north", name="North")
    def shot(user: Any, path: str, name: str) -> None:
        user.is_staff = True; user.save()
        page = browser.new_page(); page.set_viewport_size({"width": 1280, "height": 900})
        page.context.clear_cookies()
        page.goto(live_server.url + "/admin/login/?next=" + path)
        page.fill("input[name=username]", user.username); page.fill("input[name=password]", "pass word 1")
        page.click("button[type=submit]")
        page.wait_for_load_state("networkidle")
        for d in page.query_selector_all("details"):
            if "wide" in name: d.evaluate("e => e.open = true")
        page.screenshot(path=f"/tmp/shots-core/{name}.png", full_page=True)
        page.close()
    p = f"/admin/handovers/handover/{offered.pk}/change/"
    shot(two_sides.planner, p, "planner")
    shot(two_sides.recipient, p, "recipient-wide")
    shot(two_sides.recipient, p, "recipient")
    accept(offered, by=two_sides.recipient, now=world.NOW, conditions=[Asked("Two vehicles are there", world.TODAY)])
    i = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=offered, text="The store was looted", source="press")
    record_incident(i, by=two_sides.planner, now=world.NOW, happened_on=world.TODAY, known_from=world.TODAY)
    shot(two_sides.head, p, "head-accepted")
    shot(two_sides.head, f"/admin/handovers/incident/{i.pk}/change/", "incident")
    shot(two_sides.head, f"/admin/handovers/handover/suspension/{two_sides.here.pk}/", "suspension")
