from celery import shared_task

from transitions.clock import present

from . import delivery


@shared_task(ignore_result=True)
def deliver(channel: str = "email", **_: object) -> None:
    """One task a channel: what one is waiting for holds up no other."""
    delivery.deliver(now=present.now(), channel=channel)
