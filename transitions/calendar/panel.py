"""What the calendar adds to the status: milestones by state and pillar, what is overdue, and dates that were moved."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import CharField, JSONField, QuerySet, Value
from django.db.models.functions import Cast
from rest_framework import serializers

from transitions.missions.models import Pillar
from transitions.reminders.seen import may_look
from transitions.status.panels import MOST, Panel, View, as_history

from .around import warned
from .at_a_day import Row, calendar_at
from .blackouts import blackouts_of
from .chart import drawn
from .models import ApprovedVersion, Milestone, NationalEvent, Redating
from .resolution_lists import lists_of

SOON = timedelta(days=30)


class PillarField(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    milestones = serializers.IntegerField()
    overdue = serializers.IntegerField()
    slip_days = serializers.IntegerField(allow_null=True, help_text="the greatest of its milestones; null: n/a")


class MilestonesField(serializers.Serializer[Any]):
    by_state = serializers.DictField(child=serializers.IntegerField())
    overdue = serializers.IntegerField()
    next_30_days = serializers.IntegerField()


class CalendarPanel(Panel):
    position = 20
    fields = {"pillars": PillarField(many=True), "milestones": MilestonesField()}

    def read(self, transitions: Sequence[Any], view: View) -> Mapping[int, Mapping[str, Any]]:
        ids = [one.pk for one in transitions]
        of_transition: dict[int, list[Row]] = defaultdict(list)
        for row in rows_for(ids, view):
            of_transition[row.transition_id].append(row)
        pillars: dict[int, list[Pillar]] = defaultdict(list)
        for pillar in Pillar.objects.filter(transition__in=ids):
            pillars[pillar.transition_id].append(pillar)
        return {
            pk: {
                "pillars": [of_pillar(pillar, of_transition[pk]) for pillar in pillars[pk]],
                "milestones": counted(of_transition[pk], view),
            }
            for pk in ids
        }

    def choices(self, transition: Any, view: View) -> Iterable[Mapping[str, Any]]:
        versions = list(ApprovedVersion.objects.filter(transition=transition).order_by("number"))
        if versions:
            chosen = view.version or versions[-1].number
            options = [(version.number, str(version)) for version in versions]
            yield {"name": "version", "label": "Slip against", "options": options, "chosen": chosen}

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        """The calendar drawn as a chart, with the table behind it."""
        rows = rows_for([transition.pk], view)
        events = list(NationalEvent.objects.visible_to(view.user, now=view.now).filter(transition=transition))
        end = status.get("end_date")
        words = (
            f"Calendar of {transition} on {view.as_of}: {len(rows)} milestones, "
            f"{sum(row.overdue for row in rows)} overdue. The table below lists them all."
        )
        chart = drawn(rows, as_of=view.as_of, end_date=end["date"] if end else None, events=events, words=words)
        sentences = warned(rows, blackouts_of(transition))
        return "calendar/section.html", {
            "rows": [(row, sentences.get(row.id)) for row in rows], "chart": chart, "events": events,
            "present": view.present, "transition": transition,
            "told_of": may_look(view.user, transition, now=view.now),
        }  # fmt: skip

    def changes(self, transition: Any, view: View) -> Iterable[tuple[datetime, str]]:
        approved = ApprovedVersion.objects.filter(view.changed(), transition=transition).select_related("by")
        for version in approved.order_by("-pk")[: MOST + 1]:
            title = f" ({version.title})" if version.title else ""
            sentence = f"Version {version.number} of the calendar was approved{title} ({version.by})"
            yield version.recorded_at, f"{version.holds_from}: {sentence}"
        moved = seen_redatings(transition, user=view.user, now=view.now).filter(view.changed())
        for row in moved.exclude(reason="").select_related("milestone", "by").order_by("-pk")[: MOST + 1]:
            yield row.recorded_at, in_a_sentence(row)

    def history(self, transition: Any, *, user: Any, now: datetime) -> QuerySet[Any, Any]:
        return as_history(
            seen_redatings(transition, user=user, now=now), at="recorded_at", since="holds_from", who="by",
            acting_as=Value(""), about_type=Value(Milestone._meta.label_lower), about_id="milestone",
            was_before=Cast("was_due_on", CharField()), became=Cast("due_on", CharField()), why="reason",
            drawn_from="source", passed=Value(None, JSONField()),
        )  # fmt: skip


class ResolutionPanel(Panel):
    """While a list of what an instrument has touched is open, the page says so and leads to it."""

    position = 12

    def section(self, transition: Any, view: View, status: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
        if not view.present:
            return None
        found = lists_of(transition, user=view.user, now=view.now)
        lists = [one for one in found if one.seen and not one.closed]
        return ("calendar/resolution.html", {"lists": lists, "transition": transition}) if lists else None


def rows_for(transitions: Sequence[int], view: View) -> list[Row]:
    """Raises ValidationError for an approved version that there never was: its slip would read as “not measured”."""
    asked = view.version
    if asked and not ApprovedVersion.objects.filter(transition__in=transitions, number=asked).exists():
        raise ValidationError({"version": f"There is no approved version {asked} of this calendar."})
    return calendar_at(
        transitions, user=view.user, now=view.now, as_of=view.as_of, known_at=view.known_at, version=view.version,
        stood=view.states(transitions, Milestone),
    )  # fmt: skip


def seen_redatings(transition: Any, *, user: Any, now: datetime) -> QuerySet[Redating, Any]:
    seen = Milestone.objects.visible_to(user, now=now).filter(transition=transition)
    found: QuerySet[Redating, Any] = Redating.objects.filter(milestone__in=seen.values("pk"))
    return found


def in_a_sentence(row: Redating) -> str:
    source = f" [{row.source}]" if row.source else ""
    dates = f"from {row.was_due_on or 'no date'} to {row.due_on or 'no date'}"
    return f"{row.holds_from}: {row.milestone} moved {dates} ({row.by}): {row.reason}{source}"


def counted(rows: Sequence[Row], view: View) -> dict[str, Any]:
    soon = [row for row in rows if row.owed and row.due_on and view.as_of <= row.due_on <= view.as_of + SOON]
    return {
        "by_state": dict(Counter(row.state for row in rows)),
        "overdue": sum(row.overdue for row in rows),
        "next_30_days": len(soon),
    }


def of_pillar(pillar: Pillar, rows: Sequence[Row]) -> dict[str, Any]:
    its = [row for row in rows if row.pillar == pillar.code]
    slips = [row.slip_days for row in its if row.slip_days is not None]
    return {
        "code": pillar.code,
        "name": pillar.name,
        "milestones": len(its),
        "overdue": sum(row.overdue for row in its),
        "slip_days": max(slips, default=None),
    }
