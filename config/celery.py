"""Celery only starts work: what is to be done stands in PostgreSQL."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_postrun, task_prerun
from django.conf import settings

from . import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("transitions")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

task_prerun.connect(logs.task_begins)
task_postrun.connect(logs.task_ends)


@setup_logging.connect
def use_our_logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)


@beat_init.connect
def sweep_at_start(**_: Any) -> None:
    """An interval first passes before beat does anything: whoever was late while it was down waits no longer."""
    entry = app.conf.beat_schedule["sweep"]
    app.send_task(entry["task"], **entry["options"])
