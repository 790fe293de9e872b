"""A sweep that would tell of far too much is held, until somebody who directs has said what becomes of it."""

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import tablib
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from tests import world
from tests.filled import filled
from tests.reminders.conftest import DUE, at
from tests.reminders.many import items_of
from transitions.access.permissions import Role
from transitions.calendar.reminders import MilestoneDue
from transitions.calendar.resources import MilestoneResource
from transitions.missions.models import Office
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Address, Held, Message
from transitions.reminders.storm import FEWEST, release, usual_day, withdraw
from transitions.reminders.sweep import sweep

pytestmark = pytest.mark.django_db
COLUMNS = ["code", "title", "owner", "owner_office", "due_date", "reason"]


@pytest.fixture
def here() -> Any:
    it = world.transition("under_way")
    for role in (Role.PLANNER, Role.HEADQUARTERS_DESK, Role.PILLAR_LEAD):
        world.person(role, it)
    return it


@pytest.fixture
def desk(here: Any) -> Any:
    return here.grants.get(role=Role.HEADQUARTERS_DESK).user


@pytest.fixture
def owners(here: Any) -> list[Any]:
    return [world.person(Role.PROVIDER, here) for _ in range(3)]


def bring_in(here: Any, number: int, owners: list[Any], due: date, reason: str = "") -> None:
    """Through the real import, as a planner's spreadsheet."""
    office = Office.objects.get(transition=here, grants__user=owners[0])
    data = [
        [f"N-{i}", f"Item {i}", owners[i % len(owners)].username, office.code, due.isoformat(), reason]
        for i in range(number)
    ]
    resource = MilestoneResource(transition=here, by=here.grants.get(role=Role.PLANNER).user, now=at(-90))
    result = resource.import_data(tablib.Dataset(*data, headers=COLUMNS), dry_run=False)
    assert not result.has_errors()
    assert not result.invalid_rows


def held() -> Held:
    found: Held = Held.objects.get()
    return found


class TestAMistakenImport:
    """Of three thousand items with the year mistyped."""

    def test_is_held_and_headquarters_told_once_and_withdrawn_and_mended_nothing_comes(
        self, here: Any, owners: list[Any], desk: Any, mail: Any
    ) -> None:
        bring_in(here, 3_000, owners, DUE)
        sweep(now=at(1))
        assert (held().items, held().usual) == (3_000, 0)
        assert deliver(now=at(1)).sent == 1
        sweep(now=at(1))
        deliver(now=at(2))
        assert mail.reached == [desk.email]

        assert withdraw(held(), by=desk, now=at(1), reason="the year was mistyped") == 3_000
        bring_in(here, 3_000, owners, DUE + timedelta(days=365), reason="the year was mistyped")
        sweep(now=at(1))
        deliver(now=at(3))
        assert mail.reached == [desk.email]
        assert not Message.objects.waiting().exists()
        assert Message.objects.filter(why_not__contains="the year was mistyped").count() == 3_000

    def test_released_is_one_letter_a_person_with_their_next_delivery(
        self, here: Any, owners: list[Any], desk: Any, mail: Any
    ) -> None:
        for owner in owners:
            items_of(here, 1_000, owner=owner, due_on=DUE)
        sweep(now=at(0))
        deliver(now=at(0))  # the word to headquarters
        assert release(held(), by=desk, now=at(0), reason="they are late indeed") == 3_000
        assert deliver(now=at(0)).sent == 0
        assert deliver(now=at(1)).sent == 3_000
        assert sorted(mail.reached) == sorted([desk.email, *(owner.email for owner in owners)])


class TestBrake:
    def test_lets_what_cannot_wait_pass(self, here: Any, owners: list[Any], mail: Any, monkeypatch: Any) -> None:
        items_of(here, FEWEST + 1, owner=owners[0], due_on=DUE)
        monkeypatch.setattr(MilestoneDue, "urgent", True)
        sweep(now=at(0))
        assert not Held.objects.exists()
        assert deliver(now=at(0)).sent == FEWEST + 1

    def test_holds_copies_to_chats_and_systems_too(self, here: Any, owners: list[Any]) -> None:
        filled(Address, here, channel="webhook", active=True, url="https://example.org/hook", secret="whsec_x")
        items_of(here, FEWEST + 1, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        assert Message.objects.filter(channel="webhook").count() == FEWEST + 1
        assert deliver(now=at(2), channel="webhook").sent == 0
        assert not Message.objects.filter(channel="webhook", attempts__gt=0).exists()

    def test_never_holds_fewer_than_the_least(self, here: Any, owners: list[Any]) -> None:
        items_of(here, 499, owner=owners[0], due_on=DUE)
        assert sweep(now=at(0)).queued == 499
        assert not Held.objects.exists()

    @pytest.mark.parametrize(("more", "holds"), [(0, False), (1, True)])
    def test_holds_what_is_more_than_ten_times_a_usual_day(
        self, here: Any, owners: list[Any], more: int, holds: bool
    ) -> None:
        for day in range(28):
            told_of(here, owners[0], 60, days=-day)
        assert usual_day(at(0), but=uuid4()) == 60
        items_of(here, 600 + more, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        assert Held.objects.exists() == holds

    def test_does_not_count_a_storm_as_usual(self, here: Any, owners: list[Any], desk: Any) -> None:
        items_of(here, 2_800, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        assert usual_day(at(0), but=uuid4()) == 0
        withdraw(held(), by=desk, now=at(0), reason="a mistake")
        assert usual_day(at(0), but=uuid4()) == 0

    def test_counts_what_was_released(self, here: Any, owners: list[Any], desk: Any) -> None:
        items_of(here, 2_800, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        release(held(), by=desk, now=at(0), reason="right")
        assert usual_day(at(0), but=uuid4()) == 100


def told_of(here: Any, owner: Any, number: int, *, days: int) -> None:
    """So many items were told of on a day. Past the door: what is tried is how they are counted."""
    made = uuid4()
    Message.objects.bulk_create(
        Message(
            kind=MilestoneDue.name, transition=here, thing_type="calendar.milestone", thing_id=10_000 + n,
            recipient=owner, ready_at=at(days), due_at=at(days), sweep=made, dedupe_key=f"told/{days}/{n}",
        )
        for n in range(number)
    )  # fmt: skip


class TestDecision:
    @pytest.fixture
    def storm(self, here: Any, owners: list[Any]) -> Held:
        items_of(here, FEWEST + 1, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        return held()

    def test_is_made_once(self, storm: Held, desk: Any) -> None:
        release(storm, by=desk, now=at(0), reason="right")
        for act in (release, withdraw):
            with pytest.raises(ValidationError, match="decided already"):
                act(storm, by=desk, now=at(0), reason="again")
        assert not Message.objects.filter(withdrawn_at__isnull=False).exists()

    def test_needs_a_reason(self, storm: Held, desk: Any) -> None:
        with pytest.raises(ValidationError):
            release(storm, by=desk, now=at(0), reason=" ")

    @pytest.mark.parametrize("role", [Role.PLANNER, Role.AUDITOR])
    def test_is_refused_to_who_does_not_direct(self, storm: Held, here: Any, role: Role) -> None:
        with pytest.raises(PermissionDenied):
            withdraw(storm, by=world.person(role, here), now=at(0), reason="why")

    def test_is_each_transition_s_own(self, here: Any, owners: list[Any], desk: Any, mail: Any) -> None:
        other = world.transition("under_way")
        their_desk = world.person(Role.HEADQUARTERS_DESK, other)
        owner = world.person(Role.PROVIDER, other)
        items_of(other, 28, owner=owner, due_on=DUE)
        items_of(here, FEWEST + 1, owner=owners[0], due_on=DUE)
        sweep(now=at(0))
        deliver(now=at(0))
        assert sorted(mail.reached) == sorted([desk.email, their_desk.email])
        ours, of_other = (Held.objects.get(transition=one) for one in (here, other))
        assert [one.items for one in (ours, of_other)] == [FEWEST + 29] * 2
        assert list(Held.objects.visible_to(their_desk, now=at(0))) == [of_other]
        with pytest.raises(PermissionDenied):
            withdraw(of_other, by=desk, now=at(0), reason="a mistake")
        assert withdraw(ours, by=desk, now=at(0), reason="a mistake") == FEWEST + 1
        assert deliver(now=at(1)).sent == 0
        assert release(of_other, by=their_desk, now=at(0), reason="right") == 28
        assert deliver(now=at(1)).sent == 28
        assert mail.reached[2:] == [owner.email]
        assert usual_day(at(0), but=uuid4()) == 1  # 28 were released, in 28 days

    def test_is_made_on_its_page(self, storm: Held, desk: Any, client: Any) -> None:
        desk.is_staff = True
        desk.save()
        client.force_login(desk)
        page = reverse("admin:outbox_held_change", args=[storm.pk])
        text = client.get(page).content.decode()
        assert f"{FEWEST + 1} messages wait" in text
        decide = reverse("admin:outbox_held_decide", args=[storm.pk])
        assert client.get(decide).status_code == 405
        assert client.post(decide, {"act": "sing", "reason": "why"}).status_code == 404
        client.post(decide, {"act": "withdraw", "reason": "a\0b"})
        client.post(decide, {"act": "withdraw", "reason": ""})
        storm.refresh_from_db()
        assert storm.decided_by is None
        client.post(decide, {"act": "withdraw", "reason": "a mistake"})
        storm.refresh_from_db()
        assert (storm.decided_by, storm.reason) == (desk, "a mistake")
        assert storm.withdrawn_at
        assert 'name="act"' not in client.get(page).content.decode()

    def test_is_not_offered_to_who_does_not_direct(self, storm: Held, here: Any, client: Any) -> None:
        planner = here.grants.get(role=Role.PLANNER).user
        planner.is_staff = True
        planner.save()
        client.force_login(planner)
        page = reverse("admin:outbox_held_change", args=[storm.pk])
        answer = client.get(page)
        assert answer.status_code == 200
        assert 'name="act"' not in answer.content.decode()
        decide = reverse("admin:outbox_held_decide", args=[storm.pk])
        assert client.post(decide, {"act": "release", "reason": "why"}).status_code == 403
