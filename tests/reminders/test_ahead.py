"""Who will be told what: the same as is told once the days have come, and only for who may see it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from tests import world
from tests.reminders.conftest import DUE, at, owned
from transitions.access.permissions import Marking, Role
from transitions.calendar.reminders import MilestoneDue
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Absence, Message
from transitions.reminders.ahead import TooFar, foresee
from transitions.reminders.chosen import set_rule
from transitions.reminders.models import Sweep
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db


def seen_ahead(now: datetime, until: datetime) -> set[tuple[Any, ...]]:
    return {(one.thing[1], one.reader, one.rung, one.leaves_at) for one in foresee(now=now, last=until.date())}


class TestForesee:
    def test_is_what_comes_to_pass(self, here: Any, mail: Any) -> None:
        for hard in (False, True):
            owned(here, hard=hard)
        begin, end = at(-8), at(8)
        foreseen = seen_ahead(begin, end)
        assert not Message.objects.exists()
        now = begin
        while now <= end:
            sweep(now=now)
            deliver(now=now)
            now += timedelta(hours=8)
        told = Message.objects.filter(kind=MilestoneDue.name).select_related("recipient")
        told = {(one.thing_id, one.recipient, one.payload["rung"], max(one.due_at, begin)) for one in told}
        assert foreseen == told
        assert {rung for _, _, rung, _ in told} == {-14, -7, -1, 0, 1, 7}

    def test_is_read_by_who_stands_in_on_the_day(self, here: Any) -> None:
        item, deputy = owned(here), world.person()
        Absence.objects.create(person=item.owner, deputy=deputy, from_date=DUE, until=DUE)
        found = {(reader, rung) for _, reader, rung, _ in seen_ahead(at(-2), at(1))}
        assert found == {(item.owner, -7), (item.owner, -1), (deputy, 0), (item.owner, 1)}

    def test_goes_to_who_holds_the_post_on_the_day(self, here: Any) -> None:
        item, heir = owned(here), world.person()
        item.owner.grants.update(until=DUE - timedelta(days=1))
        item.owner_office.head = heir
        item.owner_office.save()
        found = {(reader, rung) for _, reader, rung, _ in seen_ahead(at(-2), at(0))}
        assert found == {(item.owner, -7), (item.owner, -1), (heir, 0)}

    def test_leaves_out_what_is_queued_or_told_already(self, here: Any) -> None:
        owned(here)
        sweep(now=at(-7))
        assert {rung for _, _, rung, _ in seen_ahead(at(-7), at(0))} == {-1, 0}

    def test_goes_by_what_planners_have_set(self, here: Any) -> None:
        planner = here.grants.get(role=Role.PLANNER).user
        set_rule(MilestoneDue, here, by=planner, now=at(-60), reason="why", lead_days=[5])
        owned(here)
        assert {rung for _, _, rung, _ in seen_ahead(at(-20), at(0))} == {-5, 0}

    def test_says_what_lies_in_a_pause(self, here: Any) -> None:
        world.pause(here)
        owned(here)
        assert {one.why_not.partition(" ")[0] for one in foresee(now=at(-2), last=at(1).date())} == {"quiet"}

    def test_of_one_transition_leaves_out_the_others(self, here: Any) -> None:
        other = world.transition("under_way")
        owned(here)
        owned(other)
        assert {one.transition_id for one in foresee(now=at(-1), last=at(1).date(), of=here.pk)} == {here.pk}

    @pytest.mark.parametrize("days", [-2, 94])
    def test_is_refused_for_the_past_and_for_more_than_three_months(self, days: int) -> None:
        with pytest.raises(TooFar):
            foresee(now=at(0), last=(at(0) + timedelta(days=days)).date())

    def test_takes_as_many_queries_for_many_items(self, here: Any, django_assert_max_num_queries: Any) -> None:
        counts = []
        for number in (1, 6):
            for _ in range(number):
                owned(here)
            with django_assert_max_num_queries(90) as counted:
                foresee(now=at(-2), last=at(0).date())
            counts.append(len(counted))
        assert counts[0] == counts[1]


class TestCommand:
    def run(self, capsys: Any, *args: str) -> str:
        call_command("remind", "--now", "2020-11-24T06:00Z", *args)
        return str(capsys.readouterr().out)

    def test_prints_it_by_day_and_person_and_writes_nothing(self, here: Any, capsys: Any) -> None:
        item = owned(here)
        world.milestone(here, owner=item.owner, title="Move the witnesses", marking=Marking.CONFIDENTIAL, code="M-X")
        text = self.run(capsys, "--until", "2020-12-01", "--dry-run")
        lines = text.splitlines()
        assert [line for line in lines if line.startswith("20")] == ["2020-11-24", "2020-11-30", "2020-12-01"]
        assert lines.count(f"  {item.owner}") == 3
        assert f"    {here}: {item} – a milestone is due, as owner, on the day" in lines
        assert f"    {here}: M-X – a milestone is due, as owner, 1 day before" in lines
        assert "witnesses" not in text
        assert lines[-1] == "total 6"
        assert not Message.objects.exists()
        assert not Sweep.objects.exists()

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["--until", "2020-12-01"], "add --dry-run"),
            (["--until", "soon", "--dry-run"], "is not a day"),
            (["--until", "2020-11-23", "--dry-run"], "look from today on"),
            (["--until", "2021-02-25", "--dry-run"], "look from today on"),
        ],
    )
    def test_refuses_what_cannot_be(self, here: Any, capsys: Any, args: list[str], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            self.run(capsys, *args)


class TestPage:
    @pytest.fixture(autouse=True)
    def the_clock(self, db: Any) -> None:
        Rehearsal.objects.all().delete()
        rehearse(at(-7))

    def page(self, client: Any, here: Any, role: Role = Role.PLANNER, **query: str) -> Any:
        client.force_login(world.person(role, here))
        return client.get(reverse("who_is_told", args=[here.slug]), query)

    def test_shows_what_is_to_come_and_what_is_queued_already(self, client: Any, here: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        text = self.page(client, here).content.decode()
        for part in (str(item), str(item.owner), "queued already", "1 day before", "on the day", "pillar lead"):
            assert part in text
        assert "14 days after" in self.page(client, here, until="2020-12-31").content.decode() or not item.hard

    def test_can_be_of_one_person(self, client: Any, here: Any) -> None:
        item = owned(here)
        other = owned(here)
        text = self.page(client, here, person=str(item.owner.pk)).content.decode()
        assert str(item) in text
        assert str(other) not in text

    def test_shows_what_is_marked_by_its_code_and_not_at_all_to_who_may_not_see_it(
        self, client: Any, here: Any
    ) -> None:
        world.milestone(here, code="M-X", title="Move the witnesses", marking=Marking.STRICTLY_CONFIDENTIAL)
        world.milestone(here, code="M-Y", title="Close the base")
        text = self.page(client, here).content.decode()
        assert "M-X" in text
        assert "witnesses" not in text
        lead = self.page(client, here, Role.PILLAR_LEAD).content.decode()
        assert "M-Y" in lead
        assert "M-X" not in lead

    def test_is_for_who_plans_or_reads_messages(self, client: Any, here: Any) -> None:
        assert self.page(client, here, Role.AUDITOR).status_code == 200
        assert self.page(client, here, Role.PROVIDER).status_code == 403
        assert self.page(client, world.transition(), Role.PLANNER).status_code == 200
        assert client.get(reverse("who_is_told", args=[here.slug])).status_code == 404

    @pytest.mark.parametrize("until", ["soon", "2020-11-23", "2021-02-25", "9999-12-31", "0001-01-01"])
    def test_says_which_day_cannot_be(self, client: Any, here: Any, until: str) -> None:
        assert self.page(client, here, until=until).status_code == 400

    def test_takes_as_many_queries_for_many_items(
        self, client: Any, here: Any, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        client.force_login(world.person(Role.PLANNER, here))
        for number in (1, 5):
            for _ in range(number):
                owned(here)
                world.handover(here, planned_on=DUE)
            with django_assert_max_num_queries(90) as counted:
                client.get(reverse("who_is_told", args=[here.slug]), {"until": "2020-11-25"})
            counts.append(len(counted))
        assert counts[0] == counts[1]
