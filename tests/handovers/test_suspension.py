"""A suspension has a scope: all of it is suspended, or nothing."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError

from tests import world
from tests.filled import filled
from transitions.handovers.models import Handover, Incident, MandatedTask, RecipientKind, Site
from transitions.handovers.recipients import propose
from transitions.handovers.suspension import in_scope, resume_in_scope, suspend_in_scope
from transitions.missions.models import Area
from transitions.workflow.engine import StepRefused, take
from transitions.workflow.models import StateChange

NOW, TODAY = world.NOW, world.NOW.date()


@pytest.fixture
def there(two_sides: SimpleNamespace) -> SimpleNamespace:
    """Two areas, one inside the other; a task and a site in each, and a handover of every one."""
    state = Area.objects.create(transition=two_sides.here, code="north", name="North")
    town = Area.objects.create(transition=two_sides.here, code="town", name="Town", parent=state)
    town_office = world.office(two_sides.here, "government")
    made = {}
    for area in (state, town):
        task = MandatedTask.objects.create(transition=two_sides.here, code=f"T-{area.code}", title="x", area=area)
        site = Site.objects.create(transition=two_sides.here, code=f"S-{area.code}", name="x", area=area)
        for about in ({"task": task}, {"site": site}):
            code = f"H-{next(iter(about.values())).code}"
            to = {"recipient_kind": RecipientKind.LOCAL, "recipient_office": town_office} if area == town else {}
            handover = Handover(transition=two_sides.here, code=code, **about, **to)
            [made[code]] = propose([handover], by=two_sides.planner, now=NOW)
    return SimpleNamespace(**vars(two_sides), state=state, town=town, town_office=town_office, made=made)


def codes(handovers: Any) -> list[str]:
    return [handover.code for handover in handovers]


class TestScope:
    def test_is_everything_or_what_is_asked_for(self, there: SimpleNamespace) -> None:
        assert codes(in_scope(there.here)) == ["H-S-north", "H-S-town", "H-T-north", "H-T-town"]
        assert codes(in_scope(there.here, kind="site")) == ["H-S-north", "H-S-town"]
        assert codes(in_scope(there.here, kind="task", area=there.town)) == ["H-T-town"]
        assert codes(in_scope(there.here, area=there.state)) == ["H-S-north", "H-S-town", "H-T-north", "H-T-town"]
        assert codes(in_scope(there.here, recipient_office=there.town_office)) == ["H-S-town", "H-T-town"]
        assert codes(in_scope(there.here, recipient_kind="local_government")) == ["H-S-town", "H-T-town"]

    def test_of_an_incident_is_what_it_is_about(self, there: SimpleNamespace) -> None:
        site, task = there.made["H-S-town"].site, there.made["H-T-north"].task
        assert codes(in_scope(there.here, incident=Incident(site=site))) == ["H-S-town"]
        assert codes(in_scope(there.here, incident=Incident(site=site, task=task))) == ["H-S-town", "H-T-north"]
        assert codes(in_scope(there.here, incident=Incident(handover=there.made["H-T-town"], task=task))) == [
            "H-T-town"
        ]

    def test_leaves_out_what_the_step_does_not_lead_from(self, there: SimpleNamespace) -> None:
        Handover.objects.filter(code="H-S-town").update(state="transferred")
        Handover.objects.filter(code="H-S-north").update(state="suspended")
        assert codes(in_scope(there.here, kind="site")) == []
        assert codes(in_scope(there.here, "resume", kind="site")) == ["H-S-north"]


class TestSuspension:
    def test_takes_the_step_on_every_one_and_on_no_other(self, there: SimpleNamespace) -> None:
        changes = suspend_in_scope(there.here, by=there.head, now=NOW, reason="decree 102", kind="site")
        assert {(change.step, change.reason) for change in changes} == {("suspend", "decree 102")}
        states = dict(Handover.objects.values_list("code", "state"))
        assert states == {"H-S-north": "suspended", "H-S-town": "suspended", "H-T-north": "proposed",
                          "H-T-town": "proposed"}  # fmt: skip
        resumed = resume_in_scope(there.here, by=there.head, now=NOW, reason="decree 104", area=there.town)
        assert len(resumed) == 1
        assert Handover.objects.get(code="H-S-town").state == "preparing"

    def test_is_the_head_of_mission_s_and_leaves_nothing_half_done(self, there: SimpleNamespace) -> None:
        take(there.made["H-T-town"], "prepare", by=there.planner, now=NOW)
        before = StateChange.objects.count()
        with pytest.raises(PermissionDenied):
            suspend_in_scope(there.here, by=there.planner, now=NOW, reason="x")
        with pytest.raises(StepRefused, match="needs a reason"):
            suspend_in_scope(there.here, by=there.head, now=NOW, reason=" ")
        assert StateChange.objects.count() == before

    def test_that_fails_on_one_suspends_none(self, there: SimpleNamespace) -> None:
        last = there.made["H-T-town"]
        filled(StateChange, there.here, thing_type="handovers.handover", thing_id=last.pk, version=2)  # in its way
        with pytest.raises(IntegrityError):
            suspend_in_scope(there.here, by=there.head, now=NOW, reason="x")
        assert not Handover.objects.filter(state="suspended").exists()

    def test_of_an_empty_scope_says_so(self, there: SimpleNamespace) -> None:
        with pytest.raises(StepRefused, match="no handover in this scope"):
            resume_in_scope(there.here, by=there.head, now=NOW, reason="x")
