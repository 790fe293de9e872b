from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from transitions.workflow.describe import words
from transitions.workflow.lifecycles import Lifecycle

DOCUMENT = Path(__file__).parents[2] / "docs" / "lifecycles.md"


@pytest.fixture(scope="module")
def written():
    out = StringIO()
    call_command("describe_lifecycles", stdout=out)
    return out.getvalue()


class TestDescribeLifecycles:
    def test_is_what_the_document_says(self, written):
        assert DOCUMENT.read_text() == written, "docs/lifecycles.md is stale: run make docs"

    def test_names_every_state_step_guard_and_signature(self, written):
        for lifecycle in Lifecycle.of_model.values():
            chapter = written.split(f"## {lifecycle.model._meta.verbose_name.capitalize()}\n")[1].split("\n## ")[0]
            rows = {line.split("`")[1]: line for line in chapter.splitlines() if line.startswith("| `")}
            assert list(rows) == list(lifecycle.by_name)
            for step in lifecycle.steps:
                named = [*step.sources, step.target, *(guard.__name__ for guard in lifecycle.guards_of(step))]
                named += [role.label for role in (*step.signatures, step.override_by) if role]
                assert not [name for name in named if words(name) not in rows[step.name]]
                assert f"{step.sources[-1]} --> {step.target}: {words(step.name)}" in chapter

    def test_says_where_a_contributed_guard_comes_from(self, written):
        [line] = [line for line in written.splitlines() if line.startswith("| `approve_plan`")]
        assert "a calendar version is approved (from calendar)" in line
