"""`manage.py verify_ledger`: every promise of the ledger, checked; exit 1 on any finding."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from traceability.ledger import verify


class Command(BaseCommand):
    help = "Verify the whole ledger. Exit code 1 on any finding."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the report as JSON")
        parser.add_argument(
            "--export-checkpoint",
            metavar="FILE",
            help="append seq, chain and time to FILE, to be kept elsewhere",
        )
        parser.add_argument(
            "--against",
            metavar="FILE",
            help="compare with checkpoints exported before: finds a cut or rewritten tail",
        )
        parser.add_argument("--only", nargs="*", metavar="CHECK", help="run these checks only")

    def handle(self, *args: Any, **options: Any) -> None:
        against = _read(options["against"]) if options["against"] else None
        report = verify.verify(against=against, only=options["only"])
        if not options["only"]:
            verify.record(report)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._tell(report)
        if options["export_checkpoint"] and report.is_sound:
            with Path(options["export_checkpoint"]).open("a") as file:
                file.write(
                    json.dumps({"seq": report.seq, "chain": report.chain, "at": timezone.now().isoformat()})
                    + "\n"
                )
        if not report.is_sound:
            sys.exit(1)

    def _tell(self, report: verify.Report) -> None:
        for finding in report.findings:
            self.stdout.write(f"{finding.check}: {finding.sentence}")
        for check, number in report.counts.items():
            if number > verify.SHOWN:
                self.stdout.write(f"{check}: {number:,} findings in all, {verify.SHOWN} shown.")
        if report.is_sound:
            self.stdout.write(
                f"Ledger sound: {report.seq:,} entries, {len(report.counts)} checks, {report.seconds:.1f} s. Chain {report.chain[:16]}…"
            )
        else:
            self.stdout.write(
                f"NOT SOUND: {sum(report.counts.values()):,} findings in {report.seq:,} entries, {report.seconds:.1f} s."
            )


def _read(path: str) -> list[tuple[int, str]]:
    try:
        lines = [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]
        return [(int(line["seq"]), str(line["chain"])) for line in lines]
    except (OSError, ValueError, KeyError) as error:
        raise CommandError(f"{path} is not a file of checkpoints: {error}") from error
