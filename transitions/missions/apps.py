from django.apps import AppConfig


class MissionsConfig(AppConfig):
    name = "transitions.missions"
    verbose_name = "Missions and transitions"
    default_auto_field = "django.db.models.BigAutoField"
