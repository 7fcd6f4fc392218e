"""`certiflow reset-second-factor`: for somebody whose telephone or key is gone."""

from typing import Any

from django.core.management.base import CommandParser

from pki.actions.second_factor_reset import reset_second_factors
from pki.errors import NotFound
from pki.management.command import ActionCommand
from pki.models import User


class Command(ActionCommand):
    help = "Take the second factors and recovery codes from a person, who can add new ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="the user name")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise NotFound(
                f"There is no user “{options['name'][:150]}”. Settings, Users lists them.",
                code="user.unknown",
                field="name",
            )
        reset_second_factors(user, actor=self.actor)
        self.stdout.write(
            f"{user} signs in with the password alone, and adds a new second factor where "
            "the role needs one."
        )
