"""`manage.py run_job ID`: the child process in which a job does its work. Started by the worker, with limits."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from traceability import jobs


class Command(BaseCommand):
    help = "Do the work of one job. The worker calls this."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        jobs.work(options["job"])
