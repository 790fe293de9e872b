"""The account that imports act as, where nobody is named: of a program, a planner of one transition at a time."""

from typing import Any

from django.db import transaction

from transitions.access.models import Grant, User
from transitions.access.permissions import Role

NAME = "import.benchmarks"


def service_account(transition: Any, *, keep: bool) -> User:
    """Made when it is first needed: whoever runs a command on the machine may do what it may.

    A grant stands in an office. Where the transition has none of the mission's yet, the account holds its grant for
    this one run, and nothing is left that it may do.
    """
    user = User.objects.filter(username=NAME).first() or User(
        username=NAME, display_name="Import of benchmarks", is_service=True
    )
    office = transition.lead_office or transition.offices.filter(side="mission").order_by("pk").first()
    grant = Grant(role=Role.PLANNER, transition=transition, office=office)
    if keep:
        with transaction.atomic():
            if user._state.adding:
                user.set_unusable_password()
                user.save()
            if office is not None:
                given = {"user": user, "role": grant.role, "transition": transition, "pillar": None, "from_date": None}
                grant, _ = Grant.objects.get_or_create(**given, office=office)  # one that was ended stays so
    user._grants = [grant]
    return user
