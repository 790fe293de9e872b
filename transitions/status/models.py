"""A bookmark for each person. All else that is shown here is read from the rooms."""

from django.conf import settings
from django.db import models


class Visit(models.Model):
    """When a person last looked at their week, and since when they are shown what changed. On the domain's clock."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    since = models.DateTimeField(help_text="the last look on an earlier day")
    looked_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user_id}, {self.looked_at:%Y-%m-%d %H:%M}"
