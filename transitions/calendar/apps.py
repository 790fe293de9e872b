from django.apps import AppConfig


class CalendarConfig(AppConfig):
    name = "transitions.calendar"
    default_auto_field = "django.db.models.BigAutoField"
