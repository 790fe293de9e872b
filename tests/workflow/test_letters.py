import pytest
from django.conf import settings

from tests import world
from transitions.access.permissions import Role
from transitions.calendar.models import Dependency
from transitions.outbox.kinds import NoLonger, letters
from transitions.outbox.models import Message
from transitions.outbox.parcels import why
from transitions.workflow.engine import Override, take
from transitions.workflow.letters import audience, heard, named
from transitions.workflow.links import link_to

pytestmark = pytest.mark.django_db
NOW = world.NOW


def letter():
    """The one that was queued."""
    [written] = letters(Message.objects.all(), now=NOW).values()
    return written


class TestStepTaken:
    @pytest.fixture
    def owner(self, here):
        return world.person(Role.UNCT_FOCAL_POINT, here)

    def test_says_who_did_what_and_why(self, here, planner, owner):
        item = world.milestone(here, owner=owner)
        take(item, "suspend", by=planner, now=NOW, reason="Rains", on_request_of="the Government")
        written = letter()
        assert written.subject == f"{here}: {item} is suspended"
        assert written.text.splitlines() == [
            f"{planner} took the step “suspend”: {item} went from planned to suspended.",
            "Reason: Rains",
            "On request of the Government",
            *([settings.SITE_URL + page] if (page := link_to(item)) else []),
        ]

    def test_of_something_marked_gives_its_code_alone(self, here, planner, owner):
        item = world.milestone(here, owner=owner, marking="confidential", title="Secret talks")
        take(item, "suspend", by=planner, now=NOW, reason="Rains in the east")
        written = letter()
        assert item.code in written.subject
        assert not [said for said in ("Secret", "Rains") if said in written.subject + written.text]

    def test_says_that_something_was_passed_over(self, here):
        world.person(Role.HEADQUARTERS_DESK, here)
        item = world.waiting(here)
        head = world.person(Role.HEAD_OF_MISSION, here)
        take(item, "finish", by=head, now=NOW, despite=Override("The host asked for it"))
        written = letter()
        assert written.subject.startswith(f"{here}: Override: {item.code}")
        assert (
            f"Passed over: It waits for {Dependency.objects.before(item).get().first}, which is not done"
            in written.text
        )

    def test_is_withdrawn_when_its_thing_is_gone(self, here, planner):
        phase = world.phase(here)
        world.person(Role.HEADQUARTERS_DESK, here)
        take(phase, "enter", by=planner, now=NOW)
        type(phase).objects.filter(pk=phase.pk).delete()
        assert isinstance(letter(), NoLonger)

    def test_costs_the_same_for_many(self, here, planner, owner, django_assert_num_queries):
        for size in (1, 5):
            for _ in range(size):
                take(world.milestone(here, owner=owner), "suspend", by=planner, now=NOW, reason="Rains")
            waiting = list(Message.objects.all())
            with django_assert_num_queries(2):
                letters(waiting, now=NOW)


class TestWhoHears:
    def test_is_told_as_whom(self, here, planner):
        desk, owner = world.person(Role.HEADQUARTERS_DESK, here), world.person(Role.PROVIDER, here)
        world.grant(desk, Role.PLANNER, here)
        item = world.milestone(here, owner=owner)
        queued = [
            *audience((Role.PLANNER, Role.HEADQUARTERS_DESK, "owner"), item, transition=here, on=world.NOW.date())
        ]
        assert {person: person.heard_as for person in queued} == {
            planner: Role.PLANNER, desk: Role.PLANNER, owner: "owner"
        }  # fmt: skip

    def test_is_heard_in_a_role_by_this_message_alone(self, here):
        owner = world.person(Role.PROVIDER, here)
        assert [person.heard_as for person in heard([owner], "owner")] == ["owner"]
        assert [person.heard_as for person in heard([owner], "who entered it")] == ["who entered it"]

    def test_reads_it_in_the_trail(self, here, planner):
        item = world.milestone(here, owner=world.person(Role.UNCT_FOCAL_POINT, here))
        take(item, "suspend", by=planner, now=NOW, reason="Rains")
        assert why(Message.objects.get()) == "a step was taken, as owner"

    @pytest.mark.parametrize(
        ("path", "words"),
        [("owner", "owner"), ("owner_office.head", "head of the owner office"), ("entered_by", "who entered it")],
    )
    def test_by_a_path_is_named_after_it(self, path, words):
        assert named(path) == words
