from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "transitions.access"
    default_auto_field = "django.db.models.BigAutoField"
