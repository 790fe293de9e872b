from celery import shared_task

from transitions.clock import present

from . import delivery


@shared_task(ignore_result=True)
def deliver(**_: object) -> None:
    delivery.deliver(now=present.now())
