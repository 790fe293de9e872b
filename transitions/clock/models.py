from django.db import models


class Rehearsal(models.Model):
    """The one row that moves the domain's present away from the machine's: shared by web, worker, beat and commands.

    A real deployment has no such row.
    """

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    offset = models.DurationField(help_text="what is added to the machine's clock")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_rehearsal_at_most")]

    def __str__(self) -> str:
        return f"rehearsal, {self.offset} from the real clock"
