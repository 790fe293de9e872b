"""An assessment round as a page: one indicator at a time, and for the verifier what waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from transitions.clock.present import day
from transitions.workflow.engine import Blocked, StepRefused, take

from .entering import enter
from .entry_form import EntryForm, initial_of
from .measuring import measured, says_something
from .models import Assessment, Indicator, ReadinessClass
from .proposing import Proposal, propose
from .rounds import Line, Round, round_of

REFUSALS = (ValidationError, PermissionDenied, StepRefused, Blocked)
STEPS = ("verify", "return")


@dataclass
class Answer:
    """`done` says what was done, and `at` is where to go on; else the page is shown, with why where it was refused."""

    done: str = ""
    at: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass
class Work:
    """One posting of the page, or none."""

    transition: Any
    as_of: date
    user: Any
    now: datetime

    def asked(self, given: Mapping[str, str], at: str) -> Answer:
        """Raises Http404 for what is not there to be seen; ValidationError for a day that has not come."""
        found, act = self.round(), given.get("do", "")
        if act in STEPS:
            return self.step(found, act, given)
        if act:
            typed = found.line(given.get("indicator", ""))
            if typed is None or typed.definition is None:
                raise Http404("There is no such indicator that you may see.")
            return self.entered(found, typed, given, look=act == "look")
        line = found.line(at) or (found.next_after("") if found.may_enter else None)
        form = self.form(line) if line else None
        if form:
            form.focus_on()
        return Answer(context=self.context(found, line, form))

    def round(self) -> Round:
        return round_of(self.transition, self.as_of, user=self.user, now=self.now)

    def form(self, line: Line, given: Mapping[str, str] | None = None) -> EntryForm | None:
        """Nothing is asked of what was not defined then."""
        its = line.definition
        if its is None:
            return None
        draft = line.entry if line.entry and line.entry.state == "draft" else None
        return EntryForm(its, given, initial=initial_of(its, self.as_of, draft))

    def context(self, found: Round, line: Line | None, form: EntryForm | None, **more: Any) -> dict[str, Any]:
        shown = form if found.may_enter and line and not line.done else None
        return {"transition": self.transition, "round": found, "line": line, "form": shown,
                "proposal": line.proposal if line else None, **more}  # fmt: skip

    def entered(self, found: Round, line: Line, given: Mapping[str, str], *, look: bool) -> Answer:
        form = self.form(line, given)
        assert form is not None
        if look:
            return self.looked(found, line, form, given)
        if not form.is_valid():
            return Answer(context=self.context(found, line, form), status=400)
        try:
            entry = enter(
                self.indicator(line), form.cleaned_data["judged"], as_of=self.as_of, by=self.user, now=self.now,
                note=form.cleaned_data["note"], source=form.cleaned_data["source"],
                version=form.cleaned_data["version"] or 0, **form.given(),  # 0: the page showed no entry
            )  # fmt: skip
        except REFUSALS as refusal:
            return self.refused(line.code, form, refusal)
        after = self.round()
        ahead = after.next_after(line.code)
        said = f"{line.code} is entered: {entry.get_judged_display()}. It waits for who verifies it."
        return Answer(done=said, at=ahead.code if ahead else "")

    def looked(self, found: Round, line: Line, form: EntryForm, given: Mapping[str, str]) -> Answer:
        """What the program would propose from what is typed. Nothing is entered."""
        form.fields["judged"].required = False
        if not form.is_valid():
            return Answer(context=self.context(found, line, form), status=400)
        try:
            proposal = self.proposal(line, form)
        except REFUSALS as refusal:
            return self.refused(line.code, form, refusal)
        judged = form.cleaned_data["judged"] or proposal.judged
        filled = self.form(line, {**given, "judged": judged if judged != ReadinessClass.NOT_ASSESSED else ""})
        assert filled is not None
        filled.fields["judged"].required = False  # who has not chosen yet is not told off
        chosen = judged != ReadinessClass.NOT_ASSESSED
        if not chosen:
            filled.focus_on("judged")
        return Answer(context=self.context(found, line, filled, looked=True, ready=chosen) | {"proposal": proposal})

    def proposal(self, line: Line, form: EntryForm) -> Proposal:
        indicator, typed, ahead = self.indicator(line), form.given(), None
        if says_something(typed):
            ahead = measured(indicator, as_of=self.as_of, by=self.user, now=self.now, fact=None, source="", **typed)
            ahead.supersedes = line.entry.measurement if line.entry else None
        return propose(indicator, as_of=self.as_of, known_at=day(self.now, self.transition.time_zone), ahead=ahead)

    def indicator(self, line: Line) -> Indicator:
        found: Indicator = Indicator.objects.select_related("transition", "benchmark").get(pk=line.row["id"])
        return found

    def step(self, found: Round, act: str, given: Mapping[str, str]) -> Answer:
        pk = given.get("assessment", "")
        line = next((one for one in found.lines if one.entry and str(one.entry.pk) == pk), None)
        if line is None:
            raise Http404("There is no such entry that you may see.")
        entry, version = Assessment.objects.get(pk=pk), given.get("version", "")
        try:
            if not version.isdecimal():
                raise ValidationError("The page did not say which version it showed: open it again.")
            take(entry, act, by=self.user, now=self.now, reason=given.get("reason", ""), version=int(version))
        except REFUSALS as refusal:
            return self.refused("", None, refusal, of=line.code)
        return Answer(done=f"{line.code} is {'verified' if act == 'verify' else 'returned'}.")

    def refused(self, code: str, form: EntryForm | None, refusal: Exception, of: str = "") -> Answer:
        """Read anew: somebody else may have been there first."""
        found, sentences = self.round(), sentences_of(refusal, form)
        status = 400 if isinstance(refusal, ValidationError) else 403 if isinstance(refusal, PermissionDenied) else 409
        line = found.line(code) if code else None
        more = {"sentences": [f"{of}: {one}" if of else one for one in sentences], "refused": of}
        return Answer(context=self.context(found, line, form, **more), status=status)


def sentences_of(refusal: Exception, form: EntryForm | None) -> list[str]:
    """Those of a field on the field; the rest to be said above."""
    if not isinstance(refusal, ValidationError):
        return [str(refusal)]
    if not hasattr(refusal, "error_dict"):
        return list(refusal.messages)
    left = []
    for name, messages in refusal.message_dict.items():
        if form is not None and name in form.fields:
            form.add_error(name, messages)
        else:
            left += messages
    return left
