"""Benchmarks over REST: what is asked, what is refused, and that pages cost the same for much as for little."""

from datetime import date
from typing import Any

import pytest

from benchmarks.assessing import assess, override_class
from benchmarks.definitions import redefine, reword
from benchmarks.measuring import correct
from benchmarks.models import Assessment, Measurement
from tests import country, world
from transitions.access.permissions import Marking, Role
from transitions.workflow.engine import take

SPRING, SUMMER = date(2020, 4, 1), date(2020, 7, 1)


@pytest.fixture
def it(here: Any, clock: None) -> Any:
    it = country.indicator(country.benchmark(here, pillar=world.pillar(here, "security")))
    country.value(it, 60, SPRING)
    country.judged(it, "positive", SPRING)
    return it


def base(here: Any) -> str:
    return f"transitions/{here.slug}/"


class TestReadiness:
    def test_has_the_keys_that_were_agreed(self, api: Any, here: Any, it: Any) -> None:
        found = api(world.person(Role.PLANNER, here)).get(base(here) + "readiness/").json()
        assert set(found) >= {
            "as_of", "known_at", "indicators", "benchmarks", "pillars", "movers", "gap_at_end_date", "reports",
            "forecast",
        }  # fmt: skip
        assert set(found["indicators"]) == {"total", "by_class", "met", "not_met", "unknown"}
        assert set(found["benchmarks"][0]) >= {
            "code", "title", "pillar", "condition_for_exit", "class", "worst_known", "by_class",
        }  # fmt: skip
        assert set(found["gap_at_end_date"]) >= {"date", "basis", "met", "not_met", "unknown", "carried_over"}
        assert found["forecast"]["method"] == "naive"

    def test_is_of_any_day_as_known_on_any_day(self, api: Any, here: Any, it: Any) -> None:
        country.judged(it, "descending", SUMMER, known=date(2020, 9, 1))
        me = api(world.person(Role.PLANNER, here))
        classes = []
        for clocks in ({}, {"as_of": "2020-07-01", "known_at": "2020-08-01"}, {"as_of": "2020-01-02"}):
            found = me.get(base(here) + "readiness/", **clocks).json()["indicators"]["by_class"]
            classes.append([name for name, number in found.items() if number])
        assert classes == [["descending"], ["positive"], ["not_assessed"]]

    @pytest.mark.parametrize(
        ("name", "odd"), [("as_of", "2020-10-02"), ("known_at", "soon"), ("since", "2020-10-02"), ("as_of", "x")]
    )
    def test_refuses_a_day_that_has_not_come(self, api: Any, here: Any, it: Any, name: str, odd: str) -> None:
        answer = api(world.person(Role.PLANNER, here)).get(base(here) + "readiness/", **{name: odd})
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])

    def test_of_all_transitions_is_of_those_that_one_may_see(self, api: Any, here: Any, it: Any) -> None:
        country.indicator(country.benchmark(world.transition("under_way")))
        found = api(world.person(Role.PLANNER, here)).get("readiness/").json()["results"]
        assert [(one["transition"], one["indicators"]["total"]) for one in found] == [(here.slug, 1)]
        assert api(world.person()).get("readiness/").json()["results"] == []


class TestLists:
    def test_lead_each_figure_to_its_source_its_date_and_who_verified_it(self, api: Any, here: Any, it: Any) -> None:
        [row] = api(world.person(Role.PLANNER, here)).get(base(here) + "indicators/").json()["results"]
        assert (row["class"], row["met"], row["target"]["value"]) == ("positive", "not_met", "80.000000")
        assert (row["measurement"]["as_of"], row["measurement"]["source"]) == ("2020-04-01", "S/2020/3")
        assert (row["assessment"]["verified_by"], row["assessment"]["source"]) == ("founder", "S/2020/3")

    def test_of_benchmarks_have_the_words_in_force_on_the_day(self, api: Any, here: Any, it: Any) -> None:
        me = api(world.person(Role.PLANNER, here))
        reword(it.benchmark, "New words", reason="S/RES/2", by=world.founder(), now=world.NOW)
        assert me.get(base(here) + "benchmarks/").json()["results"][0]["statement"] == "New words"
        then = me.get(base(here) + "benchmarks/", as_of="2020-09-30").json()["results"][0]
        assert (then["statement"], then["wording"]) == ("Police serve everybody", 1)

    def test_of_measurements_keep_what_was_corrected(self, api: Any, here: Any, it: Any) -> None:
        right = correct(it.measurements.get(), value=61, reason="a typing mistake", by=world.founder(), now=world.NOW)
        me = api(world.person(Role.PLANNER, here))
        path = f"{base(here)}indicators/{it.code}/measurements/"
        wrong, corrected = me.get(path).json()["results"]
        assert (wrong["superseded_by"], corrected["supersedes"]) == (right.pk, wrong["id"])
        [before] = me.get(path, known_at="2020-09-30").json()["results"]
        assert before["superseded_by"] is None

    def test_of_assessments_are_narrowed_by_state(self, api: Any, here: Any, it: Any) -> None:
        assess(it, "positive", as_of=SUMMER, by=world.founder(), now=world.NOW)
        me = api(world.person(Role.PLANNER, here))
        states = [row["state"] for row in me.get(base(here) + "assessments/").json()["results"]]
        assert states == ["draft", "verified"]
        assert len(me.get(base(here) + "assessments/", state="draft").json()["results"]) == 1
        assert me.get(base(here) + "assessments/", state="done").status_code == 400

    def test_keep_what_is_marked_and_what_is_elsewhere_from_who_may_not_see_it(
        self, api: Any, here: Any, it: Any
    ) -> None:
        secret = country.indicator(country.benchmark(here, marking=Marking.CONFIDENTIAL))
        country.judged(secret, "descending", SPRING)
        draft = assess(secret, "positive", as_of=SUMMER, by=world.founder(), now=world.NOW)
        me = api(world.person(Role.GOVERNMENT_FOCAL_POINT, here))
        for path in ("readiness/", "benchmarks/", "indicators/", "assessments/", "status/", "history/"):
            answer = me.get(base(here) + path)
            assert answer.status_code == 200
            assert secret.benchmark.code not in answer.content.decode()
        gone = (f"{base(here)}indicators/{secret.code}/measurements/", f"assessments/{draft.pk}/steps/",
                f"benchmarks/{secret.benchmark.pk}/steps/")  # fmt: skip
        assert {me.get(path).status_code for path in gone} == {404}
        stranger = api(world.person(Role.PLANNER, world.transition()))
        assert stranger.get(base(here) + "readiness/").status_code == 404


class TestWriting:
    def test_a_value_and_a_judgement_come_in_and_are_verified_by_somebody_else(
        self, api: Any, here: Any, it: Any
    ) -> None:
        provider, verifier = world.person(Role.PROVIDER, here), world.person(Role.VERIFIER, here)
        path = f"{base(here)}indicators/{it.code}/measurements/"
        value = api(provider).post(path, as_of="2020-07-01", value="82.5", source="census")
        assert (value.status_code, value.json()["value"]) == (201, "82.500000")
        body = {"indicator": it.code, "as_of": "2020-07-01", "class": "on_track", "measurement": value.json()["id"]}
        draft = api(provider).post(base(here) + "assessments/", **body)
        assert (draft.status_code, draft.json()["state"]) == (201, "draft")
        steps = f"assessments/{draft.json()['id']}/steps/"
        assert api(provider).post(steps, step="submit", version=1).status_code == 200
        refused = api(provider).post(steps, step="verify", version=2)
        assert refused.status_code == 403
        world.grant(provider, Role.VERIFIER, here)
        blocked = api(provider).post(steps, step="verify", version=2)
        assert (blocked.status_code, [one["code"] for one in blocked.json()["blockers"]]) == (409, ["own_entry"])
        assert api(verifier).post(steps, step="verify", version=2).json()["state"] == "verified"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"value": "1"}, "as_of"), ({"as_of": "2020-07-01", "value": "x"}, "value"),
            ({"as_of": "2020-10-02", "value": "1"}, "as_of"), ({"as_of": "2020-07-01", "values": "1"}, "values"),
            ({"as_of": "2020-07-01", "numerator": "2", "denominator": "1"}, "numerator"),
            ({"as_of": "2020-07-01", "parts": {"a": 1}}, "parts"),
        ],
    )  # fmt: skip
    def test_a_value_of_the_wrong_kind_names_the_field(
        self, api: Any, here: Any, it: Any, body: Any, field: str
    ) -> None:
        path = f"{base(here)}indicators/{it.code}/measurements/"
        answer = api(world.person(Role.PROVIDER, here)).post(path, **body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Measurement.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"indicator": "no.such"}, "indicator"), ({"class": "not_assessed"}, "class"),
            ({"report": "S/0"}, "report"),
            ({"measurement": 10**15}, "measurement"), ({"as_of": "2019-01-01"}, "as_of"),
            ({"state": "verified"}, "state"),
        ],
    )  # fmt: skip
    def test_a_judgement_that_is_none_names_the_field(
        self, api: Any, here: Any, it: Any, change: Any, field: str
    ) -> None:
        body = {"indicator": it.code, "as_of": "2020-07-01", "class": "on_track"} | change
        answer = api(world.person(Role.PROVIDER, here)).post(base(here) + "assessments/", **body)
        assert (answer.status_code, list(answer.json()["errors"])) == (400, [field])
        assert Assessment.objects.count() == 1

    def test_is_not_for_who_only_reads(self, api: Any, here: Any, it: Any) -> None:
        me = api(world.person(Role.AUDITOR, here))
        path = f"{base(here)}indicators/{it.code}/measurements/"
        assert me.post(path, as_of="2020-07-01", value="1").status_code == 403
        body = {"indicator": it.code, "as_of": "2020-07-01", "class": "on_track"}
        assert me.post(base(here) + "assessments/", **body).status_code == 403


class TestPages:
    def test_show_the_benchmarks_with_the_chart_its_table_and_the_gap(self, client: Any, here: Any, it: Any) -> None:
        client.force_login(world.person(Role.PLANNER, here))
        country.report(here, SPRING, symbol="S/2020/77")
        country.judged(it, "on_track", SPRING)
        country.verified(it, "descending", SUMMER)
        text = client.get(f"/transitions/{here.slug}/").content.decode()
        for said in ("Benchmarks and readiness", "S/2020/77", "<svg", "no source names one", "fell back",
                     "verified by", "by class, one bar a report"):  # fmt: skip
            assert said in text
        assert f"indicator {it.code} of a condition for exit has fallen back" in text.replace("&nbsp;", " ")

    def test_say_nothing_of_benchmarks_where_there_are_none(self, client: Any, here: Any, clock: None) -> None:
        client.force_login(world.person(Role.PLANNER, here))
        assert "Benchmarks and readiness" not in client.get(f"/transitions/{here.slug}/").content.decode()

    def test_tell_what_was_said_and_redefined(self, api: Any, here: Any, it: Any) -> None:
        override_class(it.benchmark, "positive", reason="The law is passed", by=world.founder(), now=world.NOW)
        redefine(it, country.definition(), country.aims(80), reason="in the capital only", by=world.founder(),
                 now=world.NOW)  # fmt: skip
        me = api(world.person(Role.PLANNER, here))
        told = "\n".join(me.get(base(here) + "status/").json()["recent_changes"])
        assert "is to count as challenges, positive trend (founder): The law is passed" in told
        assert "was defined anew, its line breaks there (founder): in the capital only" in told
        kept = [row["reason"] for row in me.get(base(here) + "history/").json()["results"]]
        assert {"The law is passed", "in the capital only"} <= set(kept)

    def test_take_the_same_queries_whatever_the_data(
        self, api: Any, client: Any, here: Any, it: Any, django_assert_max_num_queries: Any
    ) -> None:
        me = api(world.person(Role.PLANNER, here))
        paths = ["readiness/", *(base(here) + room for room in
                 ("readiness/", "benchmarks/", "indicators/", f"indicators/{it.code}/measurements/", "assessments/",
                  "status/", "history/"))]  # fmt: skip
        counts = []
        for more in (1, 6):
            for _ in range(more):
                other = country.indicator(country.benchmark(here))
                country.report(here, SPRING)
                country.judged(other, "on_track", SPRING)
                country.value(other, 85, SPRING)
                country.judged(other, "positive", SUMMER)
                country.redefined(other, on=SUMMER)
                override_class(other.benchmark, "positive", reason="x", by=world.founder(), now=world.NOW)
                draft = assess(it, "positive", as_of=SUMMER, by=world.founder(), now=world.NOW)
                take(draft, "submit", by=world.founder(), now=world.NOW)
                country.value(it, 60, SUMMER)
            counts.append([])
            for path in paths:
                with django_assert_max_num_queries(80) as counted:
                    assert me.get(path, page_size=200).status_code == 200
                counts[-1].append(len(counted))
        assert counts[0] == counts[1]
