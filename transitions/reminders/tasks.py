from celery import shared_task

from transitions.clock import present

from . import sweep as rounds


@shared_task(ignore_result=True)
def sweep(**_: object) -> None:
    rounds.sweep(now=present.now())
