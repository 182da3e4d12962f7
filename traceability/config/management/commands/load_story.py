"""``python3 manage.py load_story``: the demo's story, through the services, once."""

import json
import os
from typing import Any

from django.core.management.base import BaseCommand

from traceability.config import paths, story
from traceability.tasks import verify_ledger_nightly


class Command(BaseCommand):
    help = "Tell the demo's story through the services. Does nothing where it has been told."

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = story.load()["accounts"]
        # A second telling knows no passwords: they are kept only here, for the person who runs the demo.
        if accounts and all(account.get("password") for account in accounts):
            verify_ledger_nightly()  # As beat does every night, so that the shell can say so from the first day.
            path = paths.DATA / "demo-accounts.json"
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                json.dump(accounts, file, indent=1)
