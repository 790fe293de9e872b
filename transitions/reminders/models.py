from django.db import models


class Sweep(models.Model):
    """One round over every rule: what it queued carries its `id`. Beat makes one every five minutes."""

    id = models.UUIDField(primary_key=True)
    now = models.DateTimeField(help_text="the instant it swept for, on the domain's clock")
    ended_at = models.DateTimeField(help_text="on the machine's clock")
    queued = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["-ended_at"], name="last_sweep")]

    def __str__(self) -> str:
        return f"sweep for {self.now:%Y-%m-%d %H:%M}"
