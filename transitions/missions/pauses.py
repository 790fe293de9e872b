"""Which pause lies over something: one rule for whatever a room watches."""

from collections.abc import Sequence

from django.db.models import OuterRef, Q, Subquery

from .models import Pause


def pause_over(*, transition: str, pillar: str, areas: Sequence[str], phase: str = "") -> Subquery:
    """The first pause in force that is of the whole, or of its phase, its pillar, its area or one around that.

    Args: paths from what is watched; it may lie in several areas.
    """
    reaches = Q(phase=None, area=None, pillar=None) | Q(pillar=OuterRef(pillar))
    if phase:
        reaches |= Q(phase=OuterRef(phase))
    for area in areas:
        for around in ("", "__parent", "__parent__parent"):
            reaches |= Q(area=OuterRef(f"{area}{around}"))
    pauses = Pause.objects.filter(reaches, transition=OuterRef(transition), state="in_force")
    return Subquery(pauses.order_by("pk").values("pk")[:1])
