"""What of the matrix is asked for. What is misspelt is refused by name: an empty list reads as if nothing were owed."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from transitions.missions.api import Clocks
from transitions.missions.models import Area, Pillar

from .at_a_day import Standing
from .lifecycle import HandoverLifecycle
from .matrix import ENDS, LISTS, NO_HANDOVER
from .models import Handover

STATES = [*HandoverLifecycle.states(), NO_HANDOVER, ENDS]
NOBODY = "nobody named"


class Wanted(Clocks):
    """Of one transition: give it as `context`, with its `pillars` and `areas` as `places` reads them."""

    list = serializers.ChoiceField(choices=list(LISTS), required=False, default="all")
    pillar = serializers.CharField(required=False, default="")
    area = serializers.CharField(required=False, default="")
    recipient = serializers.CharField(required=False, default="")
    state = serializers.ChoiceField(choices=STATES, required=False, default="")
    track = serializers.ChoiceField(choices=Handover.Track.choices, required=False, default="")
    page = serializers.IntegerField(required=False, default=1, min_value=1)
