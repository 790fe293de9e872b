"""What changed is told in sentences, with who and source, and kept in the history; and what was open at the end."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from tests.filled import filled
from transitions.access.permissions import Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept_on_paper, change_agreed
from transitions.handovers.conditions import Asked, mark_met
from transitions.handovers.follow_ups import answer
from transitions.handovers.incidents import record_incident
from transitions.handovers.models import Condition, FollowUp, Handover, Incident, MandatedTask, Site
from transitions.handovers.plans import plan
from transitions.handovers.recipients import change_recipient, propose
from transitions.missions.models import Effect
from transitions.status.history import history_of, told
from transitions.status.reader import status_of
from transitions.workflow.engine import Fact, take

NOW, TODAY = world.NOW, world.NOW.date()


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW + timedelta(hours=1))


@pytest.fixture
def story(two_sides: SimpleNamespace, offered: Handover) -> Handover:
    """With everything that can happen to a handover beside its steps."""
    by, now = two_sides.planner, NOW
    plan(offered, planned_on=date(2020, 12, 1), residual_office=two_sides.theirs, by=by, now=now, reason="agreed")
    accept_on_paper(offered, signatory="The minister", signed_on=TODAY, reference="MoJ/1", by=two_sides.head, now=now,
                    conditions=[Asked("Two vehicles", TODAY)])  # fmt: skip
    mark_met(Condition.objects.get(), by=by, now=now, source="delivery note")
    take(offered, "transfer", by=by, now=now)
    answer(FollowUp.objects.get(days=30), performed="yes", resources="no", use_respected="unknown", source="visit",
           by=two_sides.recipient, now=now)  # fmt: skip
    change_recipient(offered, kind="community", name="the town", agreed_use="a school", by=by, now=now, reason="decree",
                     fact=Fact("decree 102", TODAY, approximate=True))  # fmt: skip
    incident = Incident(transition=two_sides.here, code="I-1", kind="looting", handover=offered, text="The store",
                        source="press")  # fmt: skip
    record_incident(incident, by=by, now=now, happened_on=TODAY, known_from=TODAY)
    return offered


class TestChanges:
    def test_are_sentences_with_who_and_source(self, two_sides: SimpleNamespace, story: Handover) -> None:
        changes = status_of(two_sides.here, user=two_sides.planner, now=NOW)["recent_changes"]
        by, named = two_sides.planner, str(story)
        for sentence in (
            f"{TODAY}: {named}: moved from no day to 2020-12-01, owned after the mandate's end by {two_sides.theirs} "
            f"({by}): agreed",
            f"{TODAY}: Version 1 of what is agreed for {named} was accepted with 1 condition on paper, signed by "
            f"The minister on {TODAY}, entered ({two_sides.head})",
            f"{TODAY}: “Two vehicles”, a condition of {named}, is met ({by}) [delivery note]",
            f"{TODAY}: the follow-up of {named} after 30 days failed (task performed yes, resources there no, "
            f"agreed use respected unknown; {two_sides.recipient}) [visit]",
            f"{TODAY} (about): {named} is taken over by the town, for this use: a school ({by}): decree [decree 102]",
            f"{TODAY}: looting, {named} ({by}): The store [press]",
            f"{TODAY}: {named}: staff of its recipient is ready ({by}): seen",
            f"{TODAY}: Version 1 of what is agreed for {named} was written ({by})",
        ):
            assert sentence in changes, "\n".join(changes)

    def test_say_what_was_void(self, two_sides: SimpleNamespace, offered: Handover) -> None:
        change_agreed(offered, part="the registry", by=two_sides.planner, now=NOW, reason="less")
        changes = status_of(two_sides.here, user=two_sides.planner, now=NOW)["recent_changes"]
        assert any("less; what was offered is void: version 1 of the text" in sentence for sentence in changes)

    def test_leave_out_what_is_marked(self, two_sides: SimpleNamespace, story: Handover) -> None:
        Handover.objects.update(marking="strictly_confidential")
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, two_sides.here)
        changes = "\n".join(status_of(two_sides.here, user=reader, now=NOW)["recent_changes"])
        assert "moved from" not in changes
        assert "Two vehicles" not in changes
        rows = told(list(history_of(two_sides.here, user=reader, now=NOW)), user=reader, now=NOW)
        assert not [row for row in rows if row["subject"] == str(story)]

    def test_are_told_of_what_nobody_takes_over_yet(self, two_sides: SimpleNamespace) -> None:
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Camp")
        incident = Incident(transition=two_sides.here, code="I-1", kind="looting", site=site, text="All")
        incident.source = "press"
        record_incident(incident, by=two_sides.planner, now=NOW, happened_on=TODAY, known_from=TODAY)
        changes = status_of(two_sides.here, user=two_sides.planner, now=NOW)["recent_changes"]
        assert f"{TODAY}: looting, {site} ({two_sides.planner}): All [press]" in changes

    def test_are_those_of_the_days_that_are_looked_at(self, two_sides: SimpleNamespace, story: Handover) -> None:
        later = NOW + timedelta(days=60)
        plan_late = Fact("letter", holds_from=date(2020, 10, 20), known_from=date(2020, 11, 20))
        Handover.objects.update(state="accepted")
        plan(story, planned_on=date(2021, 1, 1), by=two_sides.planner, now=later, reason="late", fact=plan_late)

        def said(**days: date) -> bool:
            changes = status_of(two_sides.here, user=two_sides.planner, now=later, **days)["recent_changes"]
            return any("to 2021-01-01" in sentence for sentence in changes)

        assert said(as_of=date(2020, 11, 1))
        assert not said(as_of=date(2020, 11, 1), known_at=date(2020, 11, 1))
        assert not said(as_of=date(2020, 10, 19))


class TestHistory:
    def test_has_every_fact_over_rest(self, two_sides: SimpleNamespace, story: Handover, client: Any) -> None:
        token = AuthToken.objects.create(two_sides.planner)[1]
        path = f"/api/v1/transitions/{two_sides.here.slug}/history/"
        answer = client.get(path, headers={"authorization": f"Bearer {token}"})
        rows = {(row["subject"], row["from"], row["to"], row["source"]) for row in answer.json()["results"]}
        for row in (
            (str(story), None, "2020-12-01", ""), (str(story), None, "the town", "decree 102"),
            (str(story), None, "accepted: version 1, on paper, signed by The minister", "MoJ/1"),
            (str(story), None, "condition met", "delivery note"), (str(story), None, "staff ready", ""),
            (str(story), None, "performed: yes, resources: no, use respected: unknown", "visit"),
            (str(story), None, "version 1 of what is agreed", ""),
            (str(two_sides.here), None, "incident: looting", "press"),
        ):  # fmt: skip
            assert row in rows, rows


class TestOpenAtMandateEnd:
    """The mandate ends on 31 October; it is looked at from before and from after."""

    END, AFTER = date(2020, 10, 31), NOW + timedelta(days=90)

    def listed(self, two_sides: SimpleNamespace, as_of: date, known_at: date | None = None) -> dict[str, Any]:
        status = status_of(two_sides.here, user=two_sides.planner, now=self.AFTER, as_of=as_of, known_at=known_at)
        return {row["handover"]: (row["state"], row["residual_owner"]) for row in
                status["handovers"]["open_at_mandate_end"]}  # fmt: skip

    @pytest.fixture(autouse=True)
    def mandate(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        made = world.instrument(two_sides.here.mission)
        filled(Effect, two_sides.here, instrument=made, kind="mandate_expiry", date=self.END, basis="fixed")
        world.grant(two_sides.planner, Role.RESIDENT_COORDINATOR, two_sides.here)

    def move(self, two_sides: SimpleNamespace, handover: Handover, *steps: str, on: date, known: date) -> None:
        for step in steps:
            fact = Fact("report", holds_from=on, known_from=known)
            take(handover, step, by=two_sides.planner, now=self.AFTER, despite=fact)

    def test_is_what_is_open_until_that_day(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        assert self.listed(two_sides, date(2020, 10, 15)) == {handover.code: ("proposed", None)}
        self.move(two_sides, handover, "prepare", "offer", "accept", "transfer", on=date(2020, 10, 20),
                  known=date(2020, 10, 20))  # fmt: skip
        assert self.listed(two_sides, date(2020, 10, 19)) == {handover.code: ("proposed", None)}
        assert self.listed(two_sides, date(2020, 10, 25)) == {}
        assert self.listed(two_sides, date(2020, 11, 25)) == {}

    def test_keeps_what_was_settled_afterwards_as_it_stands(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        self.move(two_sides, handover, "prepare", "offer", "accept", on=date(2020, 10, 20), known=date(2020, 10, 20))
        plan(handover, residual_office=two_sides.theirs, by=two_sides.planner, now=self.AFTER, reason="it remains",
             fact=Fact("note", date(2020, 11, 5)))  # fmt: skip
        self.move(two_sides, handover, "transfer", on=date(2020, 11, 10), known=date(2020, 11, 10))
        assert self.listed(two_sides, self.END) == {handover.code: ("accepted", None)}
        assert self.listed(two_sides, date(2020, 11, 5)) == {handover.code: ("accepted", str(two_sides.theirs))}
        assert self.listed(two_sides, date(2020, 11, 20)) == {handover.code: ("transferred", str(two_sides.theirs))}

    def test_is_what_was_known(self, two_sides: SimpleNamespace, handover: Handover) -> None:
        self.move(two_sides, handover, "prepare", "offer", "accept", "transfer", on=date(2020, 10, 20),
                  known=date(2020, 12, 1))  # fmt: skip
        assert self.listed(two_sides, date(2020, 12, 10)) == {}
        assert self.listed(two_sides, date(2020, 12, 10), date(2020, 11, 25)) == {handover.code: ("proposed", None)}

    def test_holds_a_task_that_has_lapsed_until_it_is_handed_on_and_no_site(
        self, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        site = Site.objects.create(transition=two_sides.here, code="S-1", name="Base")
        lapsed = {"by": two_sides.planner, "now": NOW, "source": Fact("report", TODAY), "state": "lapsed"}
        given: dict[str, Any] = {"transition": two_sides.here}
        propose([Handover(code="H-S", site=site, **given)], **lapsed)
        task = MandatedTask.objects.create(transition=two_sides.here, code="T-L", title="Radio")
        [first] = propose([Handover(code="H-L", task=task, **given)], **lapsed)
        for day in (date(2020, 10, 15), date(2020, 11, 15)):
            assert self.listed(two_sides, day).keys() == {handover.code, "H-L"}
        propose([Handover(code="H-L2", task=task, follows=first, **given)], by=two_sides.planner, now=NOW)
        for day in (date(2020, 10, 15), date(2020, 11, 15)):
            assert self.listed(two_sides, day).keys() == {handover.code, "H-L2"}
