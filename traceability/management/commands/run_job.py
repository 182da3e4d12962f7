"""`manage.py run_job ID`: the child process in which a job does its work. Started by the worker, with limits."""

import signal
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from traceability import jobs
from traceability.embedded import child


class Command(BaseCommand):
    help = "Do the work of one job. The worker calls this."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("job", type=int)
        parser.add_argument("--attempt", type=int, help="which of its attempts this is")
        parser.add_argument("--parent", type=int, help="the worker, with which this process ends")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["parent"]:
            child.die_with(options["parent"], signal.SIGKILL)
        jobs.work(options["job"], attempt=options["attempt"])
