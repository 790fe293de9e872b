from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from knox.models import AuthToken

from transitions.access.models import User


class Command(BaseCommand):
    help = "Make an API token for a user and print it, alone on a line. Only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's name to sign in with")

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if user is None:
            raise CommandError(f"there is no user “{options['user']}”")
        if not user.is_active:
            raise CommandError(f"{user.username} is not active: a token would not be accepted")
        self.stdout.write(AuthToken.objects.create(user)[1])
