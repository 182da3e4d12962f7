"""``manage.py issue_api_token USERNAME --name "ERP" --scope ledger:read``: prints the token, once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from traceability.api.tokens import issue_token
from traceability.ledger import Refusal
from traceability.models import Person
from traceability.roles import SCOPES


class Command(BaseCommand):
    help = "Give a person or an integration an API token. It is shown once; only its hash is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="What will use it.")
        parser.add_argument("--scope", action="append", required=True, choices=sorted(SCOPES), dest="scopes")
        parser.add_argument("--days", type=int, default=90, help="Until it expires; at most 365.")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Person.objects.filter(username=options["username"], is_active=True).first()
        if person is None:
            raise CommandError(f"There is no active person {options['username']}.")
        try:
            token, shown = issue_token(
                person=person, name=options["name"], scopes=options["scopes"], days=options["days"]
            )
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stderr.write(f"Expires {token.expires_at:%Y-%m-%d}. Keep it now: it is not shown again.")
        self.stdout.write(shown)
