"""The account that imports act as, where nobody is named: of a program, with grants of its own."""

from django.db import transaction

from transitions.access.models import Grant, User
from transitions.access.permissions import Role

NAME = "import.benchmarks"


def service_account(*, keep: bool) -> User:
    """Made when it is first needed: whoever runs a command on the machine may do what it may."""
    found = User.objects.filter(username=NAME).first()
    if found:
        return found
    user = User(username=NAME, display_name="Import of benchmarks", is_service=True)
    user.set_unusable_password()
    if not keep:
        user._grants = [Grant(role=Role.PLANNER)]
        return user
    with transaction.atomic():
        user.save()
        Grant.objects.create(user=user, role=Role.PLANNER)
    return user
