from django.apps import AppConfig


class HandoversConfig(AppConfig):
    name = "transitions.handovers"
    verbose_name = "Handovers"
    default_auto_field = "django.db.models.BigAutoField"
