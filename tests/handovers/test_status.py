"""Handovers over REST, in the status, on the page, and in reminders."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from knox.models import AuthToken

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.agreement import accept, accept_on_paper, write_text
from transitions.handovers.conditions import Asked
from transitions.handovers.follow_ups import answer
from transitions.handovers.models import Acceptance, Condition, Dimension, FollowUp, Handover, Level, MandatedTask
from transitions.handovers.recipients import assess, change_recipient, propose
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import Fact, take

NOW, TODAY = world.NOW, world.NOW.date()


@pytest.fixture(autouse=True)
def the_clock(db: Any) -> None:
    Rehearsal.objects.all().delete()
    rehearse(NOW)


@pytest.fixture
def api(client: Any) -> Any:
    def as_(user: Any) -> Any:
        client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {AuthToken.objects.create(user)[1]}"
        return client

    return as_


def base(two_sides: SimpleNamespace) -> str:
    return f"/api/v1/transitions/{two_sides.here.slug}/"


class TestRest:
    def test_shows_readiness_as_unknown_until_every_dimension_was_looked_at(
        self, api: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        [row] = api(two_sides.planner).get(base(two_sides) + "handovers/").json()["results"]
        assert (row["state"], row["readiness"]) == ("offered", None)
        assert row["readiness_by_dimension"] == {"staff": "ready"}
        assert row["recipient"] == str(two_sides.theirs)
        status = api(two_sides.planner).get(base(two_sides) + "status/").json()
        assert status["handovers"]["weakest"] is None
        assert status["handovers"]["open_at_mandate_end"][0]["residual_owner"] is None

    def test_accepts_for_the_recipient_and_for_nobody_else(
        self, api: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        path = f"/api/v1/handovers/{offered.pk}/steps/"
        body = {"step": "accept", "version": offered.version}
        planner = api(two_sides.planner).post(path, body, content_type="application/json")
        assert planner.status_code == 403
        answer = api(two_sides.recipient).post(path, body, content_type="application/json")
        assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
        again = api(two_sides.recipient).post(path, body, content_type="application/json")
        assert (again.status_code, again.json()["type"].rsplit("/", 1)[1]) == (409, "stale")

    def test_accepts_with_conditions_in_one(self, api: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        path = f"/api/v1/handovers/{offered.pk}/steps/"
        asked = {"sentence": "Two vehicles", "due_on": "2020-11-01", "owner_office": two_sides.theirs.code}
        body = {"step": "accept_with_conditions", "version": offered.version, "conditions": [asked]}
        client = api(two_sides.recipient)
        for wrong in (
            {"conditions": [asked | {"owner_office": "nowhere"}]}, {"conditions": [asked | {"sentence": " "}]},
            {"conditions": [{"sentence": "x"}]}, {"conditions": "none"}, {"step": "accept"},
        ):  # fmt: skip
            assert client.post(path, body | wrong, content_type="application/json").status_code == 400
        assert not Acceptance.objects.exists()
        assert client.post(path, body, content_type="application/json").status_code == 200
        again = client.post(path, body, content_type="application/json")
        assert again.status_code == 409
        condition = Condition.objects.get()
        assert (condition.sentence, condition.owner_office) == ("Two vehicles", two_sides.theirs)

    def test_shows_the_recipient_that_it_may_accept(
        self, api: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        steps = api(two_sides.recipient).get(f"/api/v1/handovers/{offered.pk}/steps/").json()["steps"]
        assert {step["step"]: step["allowed"] for step in steps}["accept"]

    def test_shows_the_answer_that_stands(self, api: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        path = base(two_sides) + "handovers/"

        def accepted(**days: Any) -> Any:
            return api(two_sides.planner).get(path, days).json()["results"][0]["accepted"]

        assert accepted() is None
        accept_on_paper(offered, signatory="The minister", signed_on=TODAY, reference="1", by=two_sides.head, now=NOW,
                        conditions=[Asked("Vehicles", TODAY)])  # fmt: skip
        stands = {"on_paper": True, "signatory": "The minister", "signed_on": str(TODAY), "text": 1, "conditions": 1}
        assert accepted() == stands
        rehearse(NOW + timedelta(days=2))
        write_text(offered, "Other words", by=two_sides.planner, now=NOW + timedelta(days=1))
        assert accepted() is None
        assert accepted(as_of=str(TODAY)) == stands
        take(offered, "offer", by=two_sides.planner, now=NOW + timedelta(days=1))
        fact = Fact("note", TODAY + timedelta(days=1))
        take(offered, "accept", by=world.person(Role.RESIDENT_COORDINATOR, two_sides.here), now=NOW + timedelta(days=1),
             despite=fact)  # fmt: skip
        assert accepted() is None  # accepted, as a fact: what was void stays so

    def test_shows_the_recipient_of_the_day_that_is_asked_for(
        self, api: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        world.grant(two_sides.planner, Role.HEADQUARTERS_DESK, two_sides.here)
        change_recipient(
            offered, kind="community", name="the town", by=two_sides.planner, now=NOW + timedelta(days=10), reason="x"
        )
        rehearse(NOW + timedelta(days=20))
        path = base(two_sides) + "handovers/"
        assert api(two_sides.planner).get(path).json()["results"][0]["recipient"] == "the town"
        then = api(two_sides.planner).get(path, {"as_of": str(TODAY), "known_at": str(TODAY)}).json()["results"]
        assert (then[0]["recipient"], then[0]["state"]) == (str(two_sides.theirs), "offered")

    def test_keeps_what_is_marked_from_who_may_not_read_it(self, api: Any, two_sides: SimpleNamespace) -> None:
        task = MandatedTask.objects.create(
            transition=two_sides.here, code="T-S", title="Witnesses", marking="confidential"
        )
        secret = Handover(transition=two_sides.here, code="H-S", task=task, marking=Marking.CONFIDENTIAL)
        propose([secret], by=two_sides.planner, now=NOW)
        reader = world.person(Role.GOVERNMENT_FOCAL_POINT, two_sides.here)
        for path in ("handovers/", "mandated-tasks/", "status/", "history/", "incidents/", "residual-obligations/"):
            answer = api(reader).get(base(two_sides) + path)
            assert answer.status_code == 200
            assert "H-S" not in answer.content.decode()
            assert "Witnesses" not in answer.content.decode()

    def test_takes_the_same_queries_whatever_the_data(
        self, api: Any, two_sides: SimpleNamespace, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for more in (1, 7):
            for _ in range(more):
                code = f"Q-{next(world.number)}"
                task = MandatedTask.objects.create(transition=two_sides.here, code=code, title="Courts")
                made = Handover(transition=two_sides.here, code=code, task=task, recipient_office=two_sides.theirs)
                propose([made], by=two_sides.planner, now=NOW)
                assess(made, Dimension.STAFF, Level.READY, evidence="seen", by=two_sides.planner, now=NOW)
            counts.append([])
            for path in ("handovers/", "mandated-tasks/", "status/"):
                with django_assert_max_num_queries(60) as counted:
                    assert api(two_sides.planner).get(base(two_sides) + path).status_code == 200
                counts[-1].append(len(counted))
        assert counts[0] == counts[1]


class TestPage:
    def test_has_the_matrix(self, client: Any, two_sides: SimpleNamespace, offered: Handover) -> None:
        client.force_login(two_sides.planner)
        text = client.get(f"/transitions/{two_sides.here.slug}/").content.decode()
        assert "who takes over what" in text
        assert offered.code in text


class TestReminders:
    def test_of_a_follow_up_reach_the_recipient_s_side_30_days_after(
        self, two_sides: SimpleNamespace, offered: Handover, mail: Any
    ) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        Message.objects.all().delete()
        later = NOW + timedelta(days=30)
        sweep(now=later)
        deliver(now=later)
        assert mail.reached == []  # a Saturday
        deliver(now=later + timedelta(days=2))
        assert sorted(mail.reached) == sorted([two_sides.theirs.head.email, two_sides.planner.email])
        assert b"Follow-up after 30 days" in mail.letters[0].content

    def test_are_withdrawn_once_it_is_answered(self, two_sides: SimpleNamespace, offered: Handover, mail: Any) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        Message.objects.all().delete()
        later = NOW + timedelta(days=30)
        sweep(now=later)
        answer(FollowUp.objects.get(days=30), performed="yes", resources="yes", use_respected="yes", source="visit",
               by=two_sides.recipient, now=later)  # fmt: skip
        deliver(now=later + timedelta(days=2))
        assert mail.letters == []
        assert {message.delivery for message in Message.objects.all()} == {"withdrawn"}

    def test_of_an_overdue_condition_reach_both_sides(
        self, two_sides: SimpleNamespace, offered: Handover, mail: Any
    ) -> None:
        Message.objects.all().delete()
        Handover.objects.update(owner=two_sides.planner)
        Condition.objects.create(handover=offered, sentence="Vehicles", due_on=TODAY, owner=two_sides.head)
        sweep(now=NOW + timedelta(days=1))
        deliver(now=NOW + timedelta(days=1))
        expected = {two_sides.head.email, two_sides.planner.email, two_sides.theirs.head.email}
        assert set(mail.reached) == expected


class TestWhatComesOfIt:
    def test_a_failed_follow_up_is_counted_as_failed(
        self, api: Any, two_sides: SimpleNamespace, offered: Handover
    ) -> None:
        accept(offered, by=two_sides.recipient, now=NOW)
        take(offered, "transfer", by=two_sides.planner, now=NOW)
        answer(FollowUp.objects.get(days=30), performed="yes", resources="no", use_respected="yes", source="visit",
               by=two_sides.planner, now=NOW)  # fmt: skip
        status = api(two_sides.planner).get(base(two_sides) + "status/").json()
        assert status["follow_ups"] == {"due": 2, "overdue": 0, "failed": 1}

    def test_a_fact_that_is_known_later_was_not_known_before(
        self, api: Any, two_sides: SimpleNamespace, handover: Handover
    ) -> None:
        rehearse(NOW + timedelta(days=60))
        later = NOW + timedelta(days=60)
        fact = Fact("report", holds_from=date(2020, 10, 20), known_from=date(2020, 11, 20))
        world.grant(two_sides.head, Role.PLANNER, two_sides.here)
        take(handover, "suspend", by=two_sides.head, now=later, despite=fact)
        path = base(two_sides) + "handovers/"
        states = [
            api(two_sides.planner).get(path, {"as_of": "2020-11-01", "known_at": known}).json()["results"][0]["state"]
            for known in ("2020-11-01", "2020-11-25")
        ]
        assert states == ["proposed", "suspended"]
