"""`manage.py export_ledger`: every entry as it is hashed, a line of JSON each, for a verifier that is not ours (docs/verify.py)."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from traceability import ledger
from traceability.inquiries.snapshot import snapshot


class Command(BaseCommand):
    help = "Write every entry with its evidence, one JSON object a line, in order. docs/verify.py verifies the file without Lotline."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="where to; - is the standard output")
        parser.add_argument(
            "--after", type=int, default=0, metavar="SEQ", help="only entries later than this"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] == "-":
            self._write(sys.stdout, options["after"])
            return
        with Path(options["file"]).open("w", encoding="utf-8") as file:
            count = self._write(file, options["after"])
        self.stderr.write(f"{count:,} entries in {options['file']}.")

    def _write(self, file: Any, after: int) -> int:
        count = 0
        with snapshot():
            for entry in ledger.stored_entries(after):
                file.write(json.dumps(entry.evidence, ensure_ascii=False, separators=(",", ":")) + "\n")
                count += 1
        return count
