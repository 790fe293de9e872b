"""Several values in one cell: whatever the names hold, they are read as they were written."""

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.importing.several import in_list, in_pairs, in_parts, listed, pairs, parts, quoted

NAMES = st.text("ab ;\"=<>'\n,é", min_size=1, max_size=8)
NUMBERS = st.one_of(st.integers(0, 10**9), st.decimals(0, 100, places=6).map(float).filter(lambda one: one % 1 != 0))


class TestNames:
    @given(st.lists(NAMES, max_size=4))
    def test_in_a_list_come_back(self, names: list[str]) -> None:
        assert listed(20)(in_list(names)) == names

    @given(st.dictionaries(NAMES, st.one_of(st.none(), NUMBERS), max_size=4))
    def test_with_their_values_come_back(self, values: dict[str, float | None]) -> None:
        assert pairs(in_pairs(values)) == values

    @given(st.dictionaries(NAMES, st.tuples(st.sampled_from([">=", "<=", "="]), NUMBERS), max_size=4))
    def test_with_their_targets_come_back(self, given_: dict[str, tuple[str, float]]) -> None:
        rows = [{"name": name, "direction": sign, "target": value} for name, (sign, value) in given_.items()]
        assert parts(in_parts(rows)) == rows

    def test_stand_bare_where_nothing_in_them_is_special(self) -> None:
        assert [quoted("adopted, in force"), quoted("a; b"), quoted('so "called"'), quoted('"so" called')] == [
            "adopted, in force", '"a; b"', 'so "called"', '"""so"" called"',
        ]  # fmt: skip

    def test_may_hold_quotation_marks_that_quote_nothing(self) -> None:
        assert listed(20)('5" pipes; "x; y') == ['5" pipes', '"x', "y"]
