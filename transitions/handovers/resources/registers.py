"""Mandated tasks and sites in and out as tables, the same columns both ways, with the transition that each is of."""

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, QuerySet
from import_export import fields

from transitions.handovers.models import MandatedTask, Site
from transitions.missions.models import MandateInstrument, Sector
from transitions.workflow.columns import Coded, Codes, Day, Number, Whole, Words
from transitions.workflow.resources import TableResource


class OfATransition(TableResource):
    """A row says which transition it is of: codes of one transition mean something else in another."""

    transition = fields.Field("transition__slug", "transition", readonly=True)

    def before_import_row(self, row: Any, **kwargs: Any) -> None:
        super().before_import_row(row, **kwargs)
        named = str(row.get("transition") or self.transition.slug).strip()
        if named != self.transition.slug:
            raise ValidationError({"transition": f"The row is of “{named}”, and these are for {self.transition.slug}."})

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        return super().filter_export(queryset).select_related("transition", *self.places)


class MandatedTaskResource(OfATransition):
    plain = (
        "title", "paragraph", "volume", "staff", "yearly_cost_usd", "continues", "external_codes", "naming_due_on",
        "marking", "source", "note",
    )  # fmt: skip
    places = ("pillar", "area", "instrument", "naming_office", "naming_owner")

    pillar = fields.Field("pillar", "pillar", Coded("pillar"))
    sectors = fields.Field("sector_codes", "sectors", Codes("sector"))
    area = fields.Field("area", "area", Coded("area"))
    instrument = fields.Field("instrument", "instrument", Coded("instrument of the mission", "symbol"))
    staff = fields.Field("staff", "staff", Whole())
    yearly_cost_usd = fields.Field("yearly_cost_usd", "yearly_cost_usd", Number())
    external_codes = fields.Field("external_codes", "external_codes", Words())
    naming_office = fields.Field("naming_office", "naming_office", Coded("office"))
    naming_owner = fields.Field("naming_owner", "naming_owner", Coded("person", "username"))
    naming_due_on = fields.Field("naming_due_on", "naming_due_on", Day())

    class Meta:
        model = MandatedTask
        fields = (
            "transition", "code", "title", "pillar", "sectors", "area", "instrument", "paragraph", "volume", "staff",
            "yearly_cost_usd", "continues", "external_codes", "naming_office", "naming_owner", "naming_due_on",
            "marking", "source", "note",
        )  # fmt: skip
        export_order = fields

    def get_queryset(self) -> Any:
        return with_sectors(super().get_queryset())

    def read_places(self) -> None:
        super().read_places()
        self.fields["sectors"].widget.one.known = {sector.code: sector for sector in self.rows_of(Sector)}

    def rows_of(self, model: Any) -> Any:
        if model is MandateInstrument:
            return MandateInstrument.objects.filter(mission=self.transition.mission_id)
        return super().rows_of(model)

    def enter_new(self, things: list[MandatedTask]) -> None:
        MandatedTask.objects.bulk_create(things)
        self.write_sectors(things)

    def write_changed(self, things: list[MandatedTask]) -> None:
        self.correct(things, [*self.plain, *self.places])
        self.write_sectors(things)

    def write_sectors(self, tasks: Sequence[Any]) -> None:
        known, through = self.fields["sectors"].widget.one.known, MandatedTask.sectors.through
        wanted = {(task.pk, known[code].pk) for task in tasks for code in getattr(task, "sector_codes", None) or ()}
        rows = through._default_manager.filter(mandatedtask__in=[task.pk for task in tasks])
        there = {(row.mandatedtask_id, row.sector_id): row.pk for row in rows}
        rows.filter(pk__in=[pk for pair, pk in there.items() if pair not in wanted]).delete()
        through._default_manager.bulk_create(
            through(mandatedtask_id=task, sector_id=sector) for task, sector in sorted(wanted - there.keys())
        )

    def filter_export(self, queryset: QuerySet[Any], **kwargs: Any) -> QuerySet[Any]:
        return with_sectors(super().filter_export(queryset))


def with_sectors(tasks: QuerySet[Any]) -> QuerySet[Any]:
    """Each with the codes of its sectors, in one query with the tasks."""
    named = Sector.objects.filter(tasks=OuterRef("pk")).order_by("code").values("code")
    annotated: QuerySet[Any] = tasks.annotate(sector_codes=ArraySubquery(named))
    return annotated


class SiteResource(OfATransition):
    plain = ("name", "also_called", "kind", "latitude", "longitude", "position_from", "marking", "source", "note")
    places = ("area",)

    area = fields.Field("area", "area", Coded("area"))
    latitude = fields.Field("latitude", "latitude", Number())
    longitude = fields.Field("longitude", "longitude", Number())

    class Meta:
        model = Site
        fields = (
            "transition", "code", "name", "also_called", "kind", "area", "latitude", "longitude", "position_from",
            "marking", "source", "note",
        )  # fmt: skip
        export_order = fields

    def before_save_instance(self, instance: Site, row: Any, **kwargs: Any) -> None:
        if (instance.latitude is None) != (instance.longitude is None):
            raise ValidationError({"latitude": "A position is a latitude and a longitude."})

    def enter_new(self, things: list[Site]) -> None:
        Site.objects.bulk_create(things)

    def write_changed(self, things: list[Site]) -> None:
        self.correct(things, [*self.plain, *self.places])
