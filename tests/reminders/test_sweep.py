from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from tests import world
from transitions.access.permissions import Marking, Role
from transitions.calendar.dates import redate
from transitions.calendar.models import Milestone
from transitions.clock import present
from transitions.missions.models import Pause
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message
from transitions.reminders.sweep import sweep
from transitions.workflow.engine import begin, take

pytestmark = pytest.mark.django_db
DUE = date(2020, 12, 1)


def at(days: int, hour: int = 6) -> datetime:
    """So many days from the due date, at 06:00 UTC, 08:00 in Khartoum."""
    return datetime(DUE.year, DUE.month, DUE.day, hour, tzinfo=UTC) + timedelta(days=days)


def told(now: datetime) -> list[tuple[str, int]]:
    """(who, rung) of what one sweep has queued."""
    made = sweep(now=now)
    rows = Message.objects.filter(sweep=made.pk, suppressed_at=None).select_related("recipient")
    return sorted(
        (row.recipient.username.split(".")[0] if row.recipient else "nobody", row.payload["rung"]) for row in rows
    )


@pytest.fixture
def here() -> Any:
    """A transition with one of each who may be told."""
    it = world.transition("under_way")
    for role in (
        Role.PLANNER,
        Role.DEPUTY_HEAD,
        Role.RESIDENT_COORDINATOR,
        Role.UNCT_FOCAL_POINT,
        Role.HEADQUARTERS_DESK,
    ):
        world.person(role, it)
    return it


def owned(of: Any, side: str = "mission", **fields: Any) -> Milestone:
    office = world.office(of, side, head=world.person(None))
    owner = world.person(Role.PROVIDER, of, at=office)
    pillar = world.pillar(of)
    world.person(Role.PILLAR_LEAD, of, pillar=pillar)
    return world.milestone(of, owner=owner, owner_office=office, due_on=DUE, pillar=pillar, **fields)


class TestRungs:
    def test_reach_the_owner_before_on_and_after_the_day(self, here: Any) -> None:
        owned(here)
        found = [told(at(day)) for day in (-31, -30, -29, -14, -7, -1, 0, 1)]
        rungs = [[rung for _, rung in one] for one in found]
        assert rungs == [[], [-30], [], [-14], [-7], [-1], [0], [1]]
        assert {who for one in found for who, _ in one} == {"provider"}

    @pytest.mark.parametrize(
        ("side", "hard", "week", "fortnight"),
        [
            ("mission", True, ["pillar_lead"], ["deputy_head"]),
            ("mission", False, ["pillar_lead"], []),
            ("country_team", True, ["nobody"], ["resident_coordinator"]),  # "nobody": a head who holds no role
            ("government", True, ["unct_focal_point"], ["resident_coordinator"]),
        ],
    )
    def test_climb_on_the_owner_s_own_side(
        self, here: Any, side: str, hard: bool, week: list[str], fortnight: list[str]
    ) -> None:
        item = owned(here, side, hard=hard)
        sweep(now=at(1))
        late = told(at(7))
        assert [who for who, _ in late] == week
        if side == "country_team":
            assert Message.objects.get(payload__rung=7).recipient == item.owner_office.head
        assert [who for who, _ in told(at(14))] == fortnight

    def test_only_the_latest_one_is_told_after_a_silence(self, here: Any) -> None:
        for _ in range(3):
            owned(here, hard=True)
        sweep(now=at(60))
        rows = list(Message.objects.values_list("thing_id", "recipient"))
        assert len(rows) == len(set(rows)) == 9
        assert told(at(60)) == []

    def test_turn_at_midnight_of_the_transition_s_zone(self, here: Any) -> None:
        owned(here)
        sweep(now=at(-14))
        midnight = datetime(2020, 11, 23, 22, 0, tzinfo=UTC)  # 24 November in Khartoum
        assert told(midnight - timedelta(minutes=1)) == []
        assert told(midnight) == [("provider", -7)]

    def test_start_again_for_the_new_day_when_it_is_redated(self, here: Any, mail: Any) -> None:
        item = owned(here)
        sweep(now=at(-7))
        redate(item, DUE + timedelta(days=7), by=world.founder(), now=at(-7), reason="asked by the Government")
        deliver(now=at(-7))
        gone = Message.objects.get()
        assert gone.delivery == "withdrawn"
        assert "moved from 2020-12-01 to 2020-12-08" in gone.why_not
        assert told(at(0)) == [("provider", -7)]


class TestWhoIsTold:
    """Silence is a lost reminder: somebody is always found, or the admin shows that nobody was."""

    def test_falls_back_step_by_step(self) -> None:
        here = world.transition("under_way")
        office = world.office(here, head=None)
        item = world.milestone(here, owner_office=office, due_on=DUE)
        reached = []

        def sweep_and_forget() -> None:
            made = sweep(now=at(0))
            reached.append(Message.objects.get(sweep=made.pk).recipient)
            Message.objects.all().delete()

        sweep_and_forget()
        expected: list[Any] = [None]
        for role in (Role.HEADQUARTERS_DESK, Role.RESIDENT_COORDINATOR, Role.PLANNER):
            expected.append(world.person(role, here))
            sweep_and_forget()
        office.head = world.person(None)
        office.save()
        expected.append(office.head)
        sweep_and_forget()
        expected.append(world.person(Role.PROVIDER, here, at=office, acting=True))
        sweep_and_forget()
        item.owner = world.person(Role.PROVIDER, here, at=office)
        item.save()
        expected.append(item.owner)
        sweep_and_forget()
        assert reached == expected

    def test_an_owner_who_has_left_is_passed_over(self, here: Any) -> None:
        item = owned(here)
        item.owner.grants.update(until=DUE - timedelta(days=10))
        assert told(at(0))[0][0] != "provider"

    def test_that_there_is_nobody_is_a_failure_that_is_shown(self) -> None:
        world.milestone(world.transition("under_way"), due_on=DUE)
        sweep(now=at(0))
        message = Message.objects.get()
        assert message.delivery == "failed"
        assert "nobody to tell" in message.why_not


class TestWhatIsNotOwed:
    @pytest.mark.parametrize("step", ["finish", "suspend", "drop"])
    def test_is_not_told(self, here: Any, step: str) -> None:
        take(owned(here), step, by=world.founder(), now=at(-40), reason="why")
        assert told(at(0)) == []

    def test_withdraws_what_was_queued_and_is_told_anew_once_it_is_reopened(self, here: Any, mail: Any) -> None:
        item = owned(here)
        sweep(now=at(-1))
        take(item, "finish", by=world.founder(), now=at(-1))
        deliver(now=at(-1))
        assert Message.objects.get().delivery == "withdrawn"
        assert mail.letters == []
        take(item, "reopen", by=world.founder(), now=at(-1))
        Message.objects.filter(kind="workflow.step_taken").delete()
        assert told(at(-1)) == [("provider", -1)]


class TestPause:
    @pytest.fixture
    def paused(self, here: Any) -> Pause:
        head = world.person(Role.HEAD_OF_MISSION, here)
        [pause] = begin([Pause(transition=here, reason="fighting", asked_by="the Government")], by=head, now=at(-60))
        return pause

    def test_keeps_soft_items_quiet_and_hard_ones_due(self, here: Any, paused: Pause) -> None:
        soft, hard = owned(here), owned(here, hard=True)
        report = owned(here, kind="report")
        assert len(told(at(-7))) == 2
        quiet = Message.objects.get(suppressed_at__isnull=False)
        assert quiet.thing_id == soft.pk
        assert "pause" in quiet.why_not
        assert {hard.pk, report.pk} == set(
            Message.objects.filter(suppressed_at=None).values_list("thing_id", flat=True)
        )

    def test_is_followed_by_the_latest_rung_once_it_is_over(self, here: Any, paused: Pause) -> None:
        owned(here)
        assert told(at(-7)) == told(at(-1)) == []
        take(paused, "resume", by=world.person(Role.HEAD_OF_MISSION, here), now=at(0))
        Message.objects.filter(kind="workflow.step_taken").delete()
        assert told(at(0)) == [("provider", 0)]

    def test_of_another_pillar_changes_nothing(self, here: Any) -> None:
        head = world.person(Role.HEAD_OF_MISSION, here)
        other = Pause(transition=here, pillar=world.pillar(here, "political"), reason="talks", asked_by="them")
        begin([other], by=head, now=at(-60))
        owned(here)
        assert told(at(0)) == [("provider", 0)]


class TestLetter:
    def test_says_what_is_due_when(self, here: Any, mail: Any) -> None:
        item = owned(here, title="Close the base")
        sweep(now=at(-7))
        deliver(now=at(-7))
        text = mail.letters[0].content.decode()
        assert mail.reached == [item.owner.email]
        assert f"Subject: Due in 7 days: {item.code} Close the base, 1 December 2020" in text.replace("\r\n ", " ")

    def test_of_something_marked_carries_its_code_only(self, here: Any, mail: Any) -> None:
        item = owned(here, title="Move the witnesses", marking=Marking.CONFIDENTIAL)
        sweep(now=at(-7))
        deliver(now=at(-7))
        text = mail.letters[0].content.decode()
        assert item.code in text
        assert "witnesses" not in text

    def test_takes_the_same_queries_for_one_and_for_many(
        self, here: Any, mail: Any, django_assert_max_num_queries: Any
    ) -> None:
        counts = []
        for more in (1, 6):
            for _ in range(more):
                owned(here)
            sweep(now=at(-7))
            with django_assert_max_num_queries(60) as counted:
                deliver(now=at(-7))
            counts.append(len(counted) - more)  # one mark for each letter is right
        assert counts[0] == counts[1]


@pytest.mark.django_db(transaction=True)
class TestTwoSweepsAtOnce:
    def test_queue_each_message_once(self) -> None:
        here = world.transition("under_way")
        for _ in range(20):
            owned(here)
        ready = Barrier(2)

        def run() -> None:
            ready.wait()
            sweep(now=at(-7))
            connection.close()

        threads = [Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert Message.objects.count() == 20


class TestRemind:
    def run(self, capsys: Any, *args: str) -> str:
        call_command("remind", *args)
        return str(capsys.readouterr().out.strip().splitlines()[-1])

    def test_for_the_same_instant_sends_nothing_the_second_time(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(world.NOW)
        owned(here)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == "queued 1 sent 1 suppressed 0 withdrawn 0 failed 0"
        assert present.now() >= at(0)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z") == "queued 0 sent 0 suppressed 0 withdrawn 0 failed 0"

    def test_for_the_past_of_a_rehearsal_moves_nothing(self, here: Any, mail: Any, capsys: Any) -> None:
        present.rehearse(at(0))
        owned(here)
        assert self.run(capsys, "--now", "2020-11-24T06:00Z").startswith("queued 1 sent 1")
        assert present.now() >= at(0)

    def test_writes_nothing_on_a_dry_run(self, here: Any, mail: Any, capsys: Any) -> None:
        owned(here)
        assert self.run(capsys, "--now", "2020-12-01T06:00Z", "--dry-run").startswith("queued 1 sent 0")
        assert not Message.objects.exists()
        assert mail.letters == []

    def test_outside_a_rehearsal_sends_for_the_present_only(self, here: Any) -> None:
        with pytest.raises(Exception, match="--dry-run"):
            call_command("remind", "--now", "2020-12-01T06:00Z")

    @pytest.mark.parametrize("text", ["soon", "2020-12-01", "2020-12-01T06:00", "2020-13-01T06:00Z"])
    def test_a_wrong_instant_is_refused(self, text: str) -> None:
        with pytest.raises(Exception, match="is not an instant"):
            call_command("remind", "--now", text)
