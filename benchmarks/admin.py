"""Benchmarks in the admin."""

from django.contrib import admin

from transitions.access.admin_base import SeenRelated
from transitions.workflow.admin_base import StatefulAdmin

from .admin_import import BenchmarkTransfer
from .models import Benchmark


@admin.register(Benchmark)
class BenchmarkAdmin(BenchmarkTransfer, StatefulAdmin):
    list_display = ["code", "title", "transition", "pillar", "level", "condition_for_exit", "state"]
    list_filter = [("transition", SeenRelated), "state", "level", ("pillar", SeenRelated)]
    list_select_related = ["transition", "pillar"]
    search_fields = ["code", "title"]
    readonly_fields = ["illustrative"]
