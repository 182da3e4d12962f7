"""`manage.py verify_ledger`: every promise of the ledger, checked; exit 1 on any finding."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from traceability import verification
from traceability.ledger import verify


class Command(BaseCommand):
    help = "Verify the whole ledger, against every checkpoint kept. Exit code 1 on any finding."

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
            help="compare with checkpoints exported before, too: finds a cut or rewritten tail",
        )
        parser.add_argument(
            "--only", nargs="+", metavar="CHECK", help="run these checks only; nothing is kept"
        )
        parser.add_argument("--list", action="store_true", help="print what is checked, and check nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for name, promise, invariants in verification.promises():
                self.stdout.write(f"{name} ({', '.join(invariants)}): {promise}")
            return
        report = self._report(options)
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self._tell(report, options["verbosity"])
        if options["export_checkpoint"] and report.is_sound:
            with Path(options["export_checkpoint"]).open("a") as file:
                file.write(verification.checkpoint_of(report).line)
        if not report.is_sound:
            sys.exit(1)

    def _report(self, options: dict[str, Any]) -> verify.Report:
        try:
            against = verification.read_file(Path(options["against"])) if options["against"] else None
            if against == []:
                raise CommandError(f"There is no checkpoint in {options['against']}.")
            if options["only"]:
                return verify.verify(against=against, only=options["only"])
            return verification.run(against=against)
        except verification.Unreadable as error:
            raise CommandError(str(error)) from error
        except KeyError as error:
            raise CommandError(f"There is no check called {error}. --list prints them all.") from error

    def _tell(self, report: verify.Report, verbosity: int) -> None:
        for finding in report.findings:
            self.stdout.write(f"{finding.check}: {finding.sentence}")
        for check, number in report.counts.items():
            if number > verify.SHOWN:
                self.stdout.write(f"{check}: {number:,} findings in all, {verify.SHOWN} shown.")
        if verbosity > 1:
            for name, seconds in sorted(report.took.items(), key=lambda pair: -pair[1]):
                self.stdout.write(f"{seconds:8.2f} s  {name}")
        if report.is_sound:
            self.stdout.write(
                f"Ledger sound: {report.seq:,} entries, {len(report.counts)} checks, {report.seconds:.1f} s. Chain {report.chain[:16]}…"
            )
        else:
            self.stdout.write(
                f"NOT SOUND: {sum(report.counts.values()):,} findings in {report.seq:,} entries, {report.seconds:.1f} s."
            )
