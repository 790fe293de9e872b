"""The class of a benchmark: the worst of its deciding indicators, and nothing that nobody knows makes it better."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.classes import RANK, class_of, counted, worst_known
from benchmarks.met import MET, NOT_MET, UNKNOWN
from benchmarks.models import ReadinessClass
from benchmarks.standing import Standing, benchmark_met, has_fallen, rank

ANY = st.sampled_from(ReadinessClass.values)
UNKNOWNS = st.sampled_from(["no_update_expected", "not_assessed"])


class TestClassOf:
    def test_is_the_worst(self) -> None:
        assert class_of(["on_track", "descending", "positive"]) == "descending"

    def test_of_nothing_is_not_assessed(self) -> None:
        assert class_of([]) == "not_assessed"

    def test_with_one_unknown_is_not_assessed_and_the_worst_known_is_beside_it(self) -> None:
        given_ = ["on_track", "no_update_expected", "stagnating"]
        assert (class_of(given_), worst_known(given_)) == ("not_assessed", "stagnating")

    @given(st.lists(ANY, min_size=1), st.data(), UNKNOWNS)
    def test_never_improves_by_knowing_less(self, classes: list[str], data: st.DataObject, unknown: str) -> None:
        place = data.draw(st.integers(0, len(classes) - 1))
        less = [*classes[:place], unknown, *classes[place + 1 :]]
        assert rank(class_of(less)) >= rank(class_of(classes))

    @given(st.lists(ANY))
    def test_counts_add_up(self, classes: list[str]) -> None:
        found = counted(classes)
        assert list(found) == list(ReadinessClass.values)
        assert sum(found.values()) == len(classes)


class TestBenchmarkMet:
    @given(st.lists(st.sampled_from([MET, NOT_MET, UNKNOWN])))
    def test_is_met_by_all_and_not_met_by_one(self, answers: list[str]) -> None:
        expected = NOT_MET if NOT_MET in answers else MET if answers and set(answers) == {MET} else UNKNOWN
        assert benchmark_met("in_force", answers) == expected

    def test_is_what_a_person_decided_where_one_did(self) -> None:
        assert benchmark_met("achieved", [NOT_MET]) == MET
        assert benchmark_met("closed_unmet", [MET]) == NOT_MET


class TestAFall:
    @staticmethod
    def standing(judged: str, met: str = UNKNOWN, state: str = "in_force") -> Standing:
        return Standing(judged, None, met, state)

    def test_is_from_on_track_from_met_or_from_achieved(self) -> None:
        stands = self.standing
        assert has_fallen(stands("on_track"), stands("positive"))
        assert has_fallen(stands("on_track"), stands("not_assessed"))  # nobody knows any more
        assert has_fallen(stands("positive", MET), stands("positive", NOT_MET))
        assert has_fallen(stands("positive", state="achieved"), stands("positive"))

    def test_is_nothing_else(self) -> None:
        stands = self.standing
        assert not has_fallen(stands("positive"), stands("not_on_track"))
        assert not has_fallen(stands("on_track", MET), stands("on_track", MET))
        assert not has_fallen(stands("stagnating", NOT_MET), stands("on_track", UNKNOWN))

    @given(ANY, ANY)
    def test_never_goes_up(self, was: str, became: str) -> None:
        if has_fallen(self.standing(was), self.standing(became)):
            assert rank(became) > RANK["on_track"]
