from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from transitions.outbox.kinds import Kind
from transitions.reminders.describe import is_ours
from transitions.reminders.overview import rungs
from transitions.reminders.rules import Rule

DOCUMENT = Path(__file__).parents[2] / "docs" / "reminders.md"


@pytest.fixture(scope="module")
def written() -> str:
    out = StringIO()
    call_command("describe_reminders", stdout=out)
    return out.getvalue()


class TestDescribeReminders:
    def test_is_what_the_document_says(self, written: str) -> None:
        assert DOCUMENT.read_text() == written, "docs/reminders.md is stale: run make docs"

    def test_names_every_rule_with_its_rungs_and_every_other_kind(self, written: str) -> None:
        for rule in Rule.all.values():
            chapter = written.split(f"`{rule.name}` watches ")[1].split("\n## ")[0]
            for tell in rule.tells:
                assert rungs(tell) in chapter
                assert tell.to[0].role in chapter
        for kind in Kind.named.values():
            assert f"`{kind.name}`" in written or not is_ours(kind)


class TestEveryRule:
    @pytest.mark.parametrize("rule", Rule.all.values(), ids=lambda rule: rule.name)
    def test_says_in_words_what_it_is_and_for_which_items_each_tell_is(self, rule: type[Rule]) -> None:
        assert rule.title
        for tell in rule.tells:
            assert bool(tell.where) == bool(tell.about), f"{rule.name}: {tell.on}: say which items, in `about`"
