from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "transitions.access"
    verbose_name = "People and roles"
    default_auto_field = "django.db.models.BigAutoField"
