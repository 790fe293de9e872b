"""Resolution day in the admin, as a story: an instrument is entered, and what it touches is settled item by item."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from knox.models import AuthToken

from tests import world
from tests.filled import filled
from tests.resolution import DECEMBER, LATER, handover, how, latest, recorded, row
from transitions.access.models import User
from transitions.access.permissions import Marking, Role
from transitions.calendar.dependencies import link
from transitions.calendar.models import Kept, Milestone, Redating
from transitions.clock.models import Rehearsal
from transitions.clock.present import rehearse
from transitions.handovers.models import HandoverPlan, Site
from transitions.missions.models import MandateInstrument
from transitions.outbox.delivery import deliver
from transitions.outbox.models import Message

pytestmark = pytest.mark.django_db
ADD = "admin:missions_mandateinstrument_add"


@pytest.fixture
def here(db: Any) -> Any:
    Rehearsal.objects.all().delete()
    rehearse(world.NOW)
    it = world.transition("under_way")
    recorded(it, date(2019, 10, 31), date(2020, 10, 31))
    for code, month in (("M-11", 11), ("M-12", 12)):
        world.milestone(it, code=code, title="Close the base", due_on=date(2020, month, 15))
    world.milestone(it, code="R-1", due_on=date(2020, 12, 1), kind="report")
    handover(it, "H-1")
    handover(it, "H-2", site=filled(Site, it, name="Nyala"))
    return it


@pytest.fixture
def as_(client: Any) -> Any:
    def sign_in(user: Any) -> Any:
        User.objects.filter(pk=user.pk).update(is_staff=True)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def planner(here: Any) -> Any:
    return world.person(Role.PLANNER, here)


def entered(browser: Any, here: Any) -> str:
    """Enter a resolution that moves the mandate's end; where the planner is led then."""
    given = {
        "mission": here.mission_id, "symbol": "S/RES/9999", "body": "Security Council", "kind": "resolution",
        "adopted_on": "2020-09-30", "source": "press", "effects-TOTAL_FORMS": 1, "effects-INITIAL_FORMS": 0,
        "effects-0-kind": "mandate_expiry", "effects-0-date": str(DECEMBER), "effects-0-basis": "conditional",
    }  # fmt: skip
    return str(browser.post(reverse(ADD), given)["Location"])


def page_of(here: Any) -> str:
    return reverse("admin:resolution_list", args=[MandateInstrument.objects.last().pk, here.slug])


def typed(here: Any, **rows: tuple[str, str, str]) -> dict[str, Any]:
    """What a form of the page sends: `M_11=("redate", "2021-02-01", "why")`; the other rows are left as they are."""
    given: dict[str, Any] = {f"version-{one.pk}": one.thing.version for one in latest(here).open}
    for name, (choice, day, reason) in rows.items():
        pk = row(here, name.replace("_", "-")).pk
        given |= {f"how-{pk}": choice, f"day-{pk}": day, f"reason-{pk}": reason}
    return given


class TestTheStory:
    def test_of_a_resolution_from_its_entry_to_a_closed_list(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        dates = Redating.objects.count(), HandoverPlan.objects.count()
        where = entered(browser, here)
        assert where == page_of(here)
        text = browser.get(where).content.decode()
        for said in ("2020-10-31", "2020-12-31", "+61", "Conditional", "0 of 5 settled", "M-11 Close the base", "R-1",
                     "H-1", "H-2", "Handovers of sites", "Reports due"):  # fmt: skip
            assert said in text, said
        assert (Redating.objects.count(), HandoverPlan.objects.count()) == dates  # nothing was moved by itself

        lines = {"M_11": ("redate", str(LATER), "the road is closed"), "H_1": ("redate", str(LATER), "as the Council")}
        assert browser.post(where, typed(here, **lines) | {"do": "settle"}).status_code == 302
        assert "2 of 5 settled" in browser.get(where).content.decode()
        assert "list is closed" not in browser.get(where).content.decode()
        lines = {"M_12": ("keep", "", "it does not hang on it"), "R_1": ("drop", "", "not asked for any more"),
                 "H_2": ("drop", "", "the site was lost")}  # fmt: skip
        assert browser.post(where, typed(here, **lines) | {"do": "settle"}).status_code == 302
        text = browser.get(where).content.decode()
        assert "5 of 5 settled: the list is closed" in text
        assert "2 re-dated, 1 kept, 2 dropped" in text
        assert how(here) == {
            "M-11": "re-dated", "H-1": "re-dated", "M-12": "kept", "R-1": "dropped", "H-2": "dropped",
        }  # fmt: skip
        assert Redating.objects.last().reason == "the road is closed"

    def test_goes_on_from_the_list_of_instruments_where_nothing_is_touched(
        self, as_: Any, here: Any, planner: Any
    ) -> None:
        Milestone.objects.filter(transition=here).update(due_on=None)
        here.handovers.update(planned_on=None)
        assert entered(as_(planner), here) == reverse("admin:missions_mandateinstrument_changelist")

    def test_is_told_on_the_instrument_s_page_and_on_the_transition_s(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        instrument = reverse("admin:missions_mandateinstrument_change", args=[MandateInstrument.objects.last().pk])
        assert where in browser.get(instrument).content.decode()
        text = browser.get(f"/transitions/{here.slug}/").content.decode()
        assert "0 of 5 items settled" in text
        assert where in text
        assert where not in browser.get(f"/transitions/{here.slug}/?as_of=2020-09-30").content.decode()
        keep = dict.fromkeys(("M_11", "M_12", "R_1", "H_1", "H_2"), ("keep", "", "x"))
        browser.post(where, typed(here, **keep) | {"do": "settle"})
        assert where not in browser.get(f"/transitions/{here.slug}/").content.decode()


class TestFill:
    def test_shows_the_new_days_of_the_ticked_rows_and_does_nothing(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        ticks = {f"tick-{row(here, code).pk}": "on" for code in ("M-11", "H-1")}
        given = typed(here) | ticks | {"do": "fill", "all-how": "move_by", "all-days": "61", "all-reason": "as the end"}
        answer = browser.post(where, given)
        assert answer.status_code == 200
        lines = {line.row.code: (line.how, line.day, line.reason) for line in answer.context["page"].object_list}
        assert lines["M-11"] == ("redate", "2021-01-15", "as the end")
        assert lines["H-1"] == ("redate", "2021-02-14", "as the end")
        assert lines["M-12"] == ("", "", "")
        assert set(how(here).values()) == {"open"}
        filled_in = {f"{name}-{line.row.pk}": getattr(line, name) for line in answer.context["page"].object_list
                     for name in ("how", "day", "reason", "version")}  # fmt: skip
        browser.post(where, filled_in | {"do": "settle"})
        assert here.milestones.get(code="M-11").due_on == date(2021, 1, 15)
        assert here.handovers.get(code="H-1").planned_on == date(2021, 2, 14)

    def test_fills_all_rows_and_leaves_what_was_typed_in_others(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        own = typed(here, M_12=("drop", "", "mine"))
        some = own | {f"tick-{row(here, 'M-11').pk}": "on", "do": "fill", "all-how": "keep", "all-reason": "x"}
        lines = {line.row.code: line for line in browser.post(where, some).context["page"].object_list}
        assert [(lines[code].how, lines[code].reason) for code in ("M-11", "M-12")] == [("keep", "x"), ("drop", "mine")]
        every = own | {"tick-all": "on", "do": "fill", "all-how": "move_to", "all-day": "2021-05-01"}
        assert {line.day for line in browser.post(where, every).context["page"].object_list} == {"2021-05-01"}

    def test_says_what_would_lie_too_early_then(self, as_: Any, here: Any, planner: Any) -> None:
        then = world.milestone(here, code="THEN", due_on=date(2021, 1, 1))
        link(here.milestones.get(code="M-11"), then, by=world.founder(), now=world.NOW)
        browser = as_(planner)
        where = entered(browser, here)
        given = typed(here) | {f"tick-{row(here, 'M-11').pk}": "on", "do": "fill", "all-how": "move_to",
                               "all-day": "2021-03-01"}  # fmt: skip
        text = browser.post(where, given).content.decode()
        assert "too early" in text
        assert "THEN Something to be done: not before 2021-03-01, because of M-11" in text
        then.refresh_from_db()
        assert then.due_on == date(2021, 1, 1)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ({"all-how": "move_by", "all-days": "61"}, "Tick the rows"),
            ({"tick-all": "on", "all-how": ""}, "Choose what"),
            ({"tick-all": "on", "all-how": "move_by", "all-days": "many"}, "by how many days"),
            ({"tick-all": "on", "all-how": "move_by", "all-days": "99999999"}, "by how many days"),
            ({"tick-all": "on", "all-how": "move_to", "all-day": "soon"}, "not a day"),
            ({"tick-all": "on", "all-how": "move_to"}, "to which day"),
        ],
    )
    def test_says_what_is_missing(self, as_: Any, here: Any, planner: Any, given: dict[str, str], why: str) -> None:
        browser = as_(planner)
        answer = browser.post(entered(browser, here), typed(here) | given | {"do": "fill"})
        assert answer.status_code == 400
        assert why in answer.content.decode()


class TestAPosting:
    def test_is_done_whole_or_not_at_all_and_names_row_and_reason(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        lines = {"M_11": ("keep", "", "x"), "M_12": ("redate", "", "x"), "H_1": ("keep", "", ""),
                 "R_1": ("redate", "soon", "x")}  # fmt: skip
        answer = browser.post(where, typed(here, **lines) | {"do": "settle"})
        assert answer.status_code == 400
        assert answer.context["sentences"] == [
            f"{row(here, 'R-1').thing}: “soon” is not a day, write it like 2020-10-31."
        ]
        lines["R_1"] = ("drop", "", "x")
        answer = browser.post(where, typed(here, **lines) | {"do": "settle"})
        assert answer.context["sentences"] == ["H-1 Courts: Say why.", "M-12 Close the base: Give the new day."]
        errors = {line.row.code: line.error for line in answer.context["page"].object_list if line.error}
        assert errors.keys() == {"M-12", "H-1"}
        assert next(line for line in answer.context["page"].object_list if line.row.code == "M-11").how == "keep"
        assert not Kept.objects.exists()

    @pytest.mark.parametrize("given", [{}, {"how": "keep", "reason": "a\0b"}])
    def test_without_a_choice_or_that_cannot_be_kept_is_refused(
        self, as_: Any, here: Any, planner: Any, given: dict[str, str]
    ) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        fields = {f"{name}-{row(here, 'M-11').pk}": text for name, text in given.items()}
        assert browser.post(where, typed(here) | fields | {"do": "settle"}).status_code == 400
        assert not Kept.objects.exists()

    def test_of_a_stale_page_is_refused(self, as_: Any, here: Any, planner: Any) -> None:
        browser = as_(planner)
        where, given = entered(browser, here), typed(here, M_11=("keep", "", "x"))
        browser.post(where, given | {"do": "settle"})
        answer = browser.post(where, given | {"do": "settle"})
        assert answer.status_code == 400
        assert "It is kept already" in answer.content.decode()
        pk = row(here, "M-12").pk
        without_version = {f"version-{pk}": "", f"how-{pk}": "keep", f"reason-{pk}": "x", "do": "settle"}
        answer = browser.post(where, without_version)
        assert answer.status_code == 400
        assert "did not say which version" in answer.content.decode()

    def test_is_not_for_the_owner_of_an_item_who_does_not_plan(self, as_: Any, here: Any, planner: Any) -> None:
        owner = world.person(Role.UNCT_FOCAL_POINT, here)
        here.milestones.update(owner=owner)
        where = entered(as_(planner), here)
        browser = as_(owner)
        text = browser.get(where).content.decode()
        assert "M-11 Close the base" in text
        assert "Settle the rows" not in text
        assert "Notes to the owners" not in text
        for line in (("keep", "", "x"), ("drop", "", "x"), ("redate", str(LATER), "x")):
            assert browser.post(where, typed(here, M_11=line) | {"do": "settle"}).status_code == 403
        assert browser.post(where, {f"to-{owner.pk}": "on", f"note-{owner.pk}": "x", "do": "send"}).status_code == 403
        assert set(how(here).values()) == {"open"}
        assert not Message.objects.filter(kind="calendar.owner_note").exists()

    def test_of_what_may_not_be_seen_is_of_nothing(self, as_: Any, here: Any, planner: Any) -> None:
        where = entered(as_(planner), here)
        stranger = world.person(Role.PLANNER, world.transition())
        assert as_(stranger).get(where).status_code == 404
        here.milestones.update(marking=Marking.STRICTLY_CONFIDENTIAL)
        lead = world.person(Role.PILLAR_LEAD, here)
        browser = as_(lead)
        assert "3 items that you may not see are open" in browser.get(where).content.decode()
        browser.post(where, typed(here, M_11=("keep", "", "x")) | {"do": "settle"})
        assert not Kept.objects.exists()
        here.handovers.update(marking=Marking.STRICTLY_CONFIDENTIAL)
        assert browser.get(where).status_code == 404


class TestThePage:
    def test_takes_the_same_queries_for_few_and_for_many(
        self, as_: Any, here: Any, planner: Any, django_assert_max_num_queries: Any
    ) -> None:
        browser, counts = as_(planner), []
        for more in (1, 20):
            for number in range(more):
                owner = world.person(Role.PROVIDER, here)
                world.milestone(here, due_on=LATER, owner=owner, owner_office=world.office(here, head=owner))
                handover(here, f"H-{more}-{number}")
            instrument = recorded(here, world.TODAY - timedelta(days=20 - more), DECEMBER + timedelta(days=more))
            where = reverse("admin:resolution_list", args=[instrument.pk, here.slug])
            fill = typed(here) | {"tick-all": "on", "do": "fill", "all-how": "move_by", "all-days": "9"}
            browser.get(where)
            counts.append([])
            for ask in (lambda at=where: browser.get(at), lambda at=where, by=fill: browser.post(at, by)):
                with django_assert_max_num_queries(60) as asked:
                    assert ask().status_code == 200
                counts[-1].append(len(asked))
        assert counts[0] == counts[1]

    def test_shows_many_in_pages_and_settles_those_that_were_shown(self, as_: Any, here: Any, planner: Any) -> None:
        for number in range(110):
            world.milestone(here, code=f"N-{number:03}", due_on=date(2020, 11, 1))
        browser = as_(planner)
        where = entered(browser, here)
        assert len(browser.get(where).context["page"].object_list) == 100
        shown = browser.get(where, {"page": 2}).context["page"].object_list
        assert len(shown) == 15
        fields = {"version": 1, "how": "keep", "reason": "x"}
        given = {f"{name}-{line.row.pk}": value for line in shown for name, value in fields.items()}
        assert browser.post(f"{where}?page=2", given | {"do": "settle"}).status_code == 302
        assert len(latest(here).settled) == 15


class TestNotes:
    @pytest.fixture
    def owner(self, here: Any) -> Any:
        user = world.person(Role.UNCT_FOCAL_POINT, here)
        here.milestones.filter(code__in=["M-11", "M-12"]).update(owner=user)
        here.milestones.filter(code="M-12").update(marking=Marking.CONFIDENTIAL, title="Move the witnesses")
        head = world.person(Role.MISSION_SUPPORT, here)
        here.handovers.filter(code="H-1").update(owner_office=world.office(here, head=head))
        return user

    def test_are_drafted_for_each_owner_with_what_is_marked_by_its_code_only(
        self, as_: Any, here: Any, planner: Any, owner: Any
    ) -> None:
        browser = as_(planner)
        context = browser.get(entered(browser, here)).context
        drafts = {note.person: text for note, text in context["notes"]}
        assert set(drafts) == {owner, here.handovers.get(code="H-1").owner_office.head}
        assert "mandate expiry from 2020-10-31 to 2020-12-31, conditional" in drafts[owner]
        assert "- M-11 Close the base, 15 November 2020" in drafts[owner]
        assert "- M-12\n" in drafts[owner]
        assert "witnesses" not in drafts[owner]
        assert page_of(here) in drafts[owner]
        assert {line.code for line in context["nobody"]} == {"R-1", "H-2"}

    def test_are_sent_as_they_were_edited_and_once(
        self, as_: Any, here: Any, planner: Any, owner: Any, mail: Any
    ) -> None:
        browser = as_(planner)
        where = entered(browser, here)
        Message.objects.all().delete()
        given = {f"to-{owner.pk}": "on", f"note-{owner.pk}": "Dear owner,\r\nplease say by Friday.", "do": "send"}
        assert browser.post(where, given).status_code == 302
        assert not mail.letters  # nothing leaves within the request
        again = browser.post(where, given | {f"note-{owner.pk}": "Once more."}, follow=True)
        assert "none is sent twice" in again.content.decode()
        assert "queued" in again.content.decode()
        message = Message.objects.get(kind="calendar.owner_note")
        assert (message.recipient, message.marking) == (owner, Marking.CONFIDENTIAL)
        deliver(now=world.NOW + timedelta(minutes=1))
        [letter] = mail.letters
        assert b"please say by Friday." in letter.content
        assert b"S/RES/9999" in letter.content

    @pytest.mark.parametrize("given", [{}, {"note": " "}, {"note": "x" * 20_001}, {"to": "999999", "note": "x"}])
    def test_to_nobody_or_without_words_are_refused(
        self, as_: Any, here: Any, planner: Any, owner: Any, given: dict[str, str]
    ) -> None:
        browser = as_(planner)
        where, to = entered(browser, here), given.get("to", str(owner.pk))
        fields = {f"to-{to}": "on", f"note-{to}": given["note"]} if given else {}
        assert browser.post(where, fields | {"do": "send"}).status_code == 400
        assert not Message.objects.filter(kind="calendar.owner_note").exists()


class TestOverRest:
    def test_says_what_each_instrument_touched_and_what_became_of_it(
        self, client: Any, as_: Any, here: Any, planner: Any, django_assert_max_num_queries: Any
    ) -> None:
        where = entered(as_(planner), here)
        client.post(
            where, typed(here, M_11=("redate", str(LATER), "the road"), R_1=("drop", "", "x")) | {"do": "settle"}
        )
        here.milestones.filter(code="M-12").update(marking=Marking.STRICTLY_CONFIDENTIAL)
        reader = world.person(Role.UNCT_FOCAL_POINT, here)
        token = {"authorization": f"Bearer {AuthToken.objects.create(reader)[1]}"}
        with django_assert_max_num_queries(40):
            told = client.get(f"/api/v1/transitions/{here.slug}/resolution-lists/", headers=token).json()["results"]
        [new] = told
        assert (new["instrument"], new["total"], new["settled"], new["open"], new["open_unseen"], new["closed"]) == (
            "S/RES/9999", 4, {"redated": 1, "dropped": 1}, 2, 1, False,
        )  # fmt: skip
        assert [(end["kind"], end["was"], end["becomes"], end["basis"]) for end in new["ends"]] == [
            ("mandate_expiry", "2020-10-31", "2020-12-31", "conditional")
        ]
        items = {item["code"]: item for item in new["items"]}
        assert items.keys() == {"M-11", "R-1", "H-1", "H-2"}
        item = items["M-11"]
        assert (item["state"], item["day_then"], item["day"], item["reason"]) == (
            "redated", "2020-11-15", str(LATER), "the road",
        )  # fmt: skip
        stranger = world.person(Role.PLANNER, world.transition())
        token = {"authorization": f"Bearer {AuthToken.objects.create(stranger)[1]}"}
        assert client.get(f"/api/v1/transitions/{here.slug}/resolution-lists/", headers=token).status_code == 404
