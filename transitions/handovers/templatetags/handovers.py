"""Cells of the matrix: in words, and red where somebody has to act. Never by colour alone."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from transitions.handovers import matrix
from transitions.handovers.at_a_day import Standing

register = template.Library()
register.filter("weakness", matrix.weakness)


@register.filter
def of(values: Mapping[str, Any], name: str) -> Any:
    return values.get(name)


@register.simple_tag(takes_context=True)
def red(context: Any, row: Standing, cell: str) -> SafeString:
    return CELLS[cell](row, matrix.is_red(cell, row, context["view"].as_of))


def state(row: Standing, red: bool) -> SafeString:
    failed = mark_safe(' <span class="red">follow-up failed</span>') if row.failed else ""
    return format_html('<span class="{}">{}</span>{}', "red" if red else "tag", row.state_words, failed)


def readiness(row: Standing, red: bool) -> SafeString:
    if not row.id or row.state == "ended":
        return mark_safe("")
    level = row.readiness or "unknown"
    why = format_html('<span class="why">{}</span>', matrix.gaps(row)) if matrix.gaps(row) else ""
    return format_html('<span class="level {}">{}</span>{}', level, level.replace("_", " "), why)


def money_until(row: Standing, red: bool) -> SafeString:
    if row.money_until is None:
        return mark_safe('<span class="unknown">unknown</span>') if row.id and row.state != "ended" else mark_safe("")
    return format_html('<span class="{}">{}{}</span>', "red" if red else "", row.money_until, ", passed" if red else "")


def next_follow_up(row: Standing, red: bool) -> SafeString:
    if row.next_follow_up is None:
        return mark_safe("")
    overdue = ", overdue" if red else ""
    return format_html('<span class="{}">{}{}</span>', "red" if red else "", row.next_follow_up, overdue)


CELLS = {"state": state, "readiness": readiness, "money_until": money_until, "next_follow_up": next_follow_up}
