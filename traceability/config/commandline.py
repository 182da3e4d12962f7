"""From the command line to Django: give every command the database it needs before the settings are read."""

import contextlib
import os
import sys
import warnings
from collections.abc import Iterator

from . import paths

# Commands that look at code alone. Everything else gets a database.
WITHOUT_DATABASE = {
    "help",
    "version",
    "check",
    "makemigrations",
    "collectstatic",
    "spectacular",
    "compilemessages",
}
WITHOUT_DATABASE |= {
    "diffsettings",
    "findstatic",
    "makemessages",
    "startapp",
    "startproject",
    "squashmigrations",
}
# Commands that change tables, not rows.
AS_OWNER = {"migrate", "sqlmigrate", "pgtrigger", "createcachetable"}


def run(argv: list[str]) -> None:
    command = argv[1] if len(argv) > 1 else "help"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "traceability.config.settings")
    if command == "test":
        from . import testing

        sys.exit(testing.main(argv[2:]))
    if command == "demo":
        from . import demo

        sys.exit(demo.main(argv[2:]))
    if command == "bench":
        from traceability.bench.main import main

        sys.exit(main(argv[2:]))
    from django.core.management import execute_from_command_line

    # Before Lotline goes live, the database is looked at too.
    looks_at_code = command in WITHOUT_DATABASE and "--deploy" not in argv
    if looks_at_code or command.startswith("-") or {"--help", "-h"} & set(argv):
        # makemigrations compares with the database if it can; without one it need not say so.
        warnings.filterwarnings("ignore", message="Got an error checking a consistent migration history")
        execute_from_command_line(argv)
        if command in {"help", "--help", "-h"} and len(argv) < 3:
            print(
                "\n[lotline]\n    demo      the whole product with a story to walk through\n    test      all tests\n    bench     how fast the ledger is, side by side with other ways"
            )
        return
    with a_database():
        if command in AS_OWNER and "DATABASE_OWNER_URL" in os.environ:
            os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
        execute_from_command_line(argv)


@contextlib.contextmanager
def a_database() -> Iterator[None]:
    """``DATABASE_URL``; else the running demo's PostgreSQL; else our own, for as long as the command runs."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    from traceability import embedded

    cluster = embedded.Cluster(embedded.data_folder(paths.DATA))
    if cluster.attach():
        os.environ.update(cluster.environment())
        yield
        return
    with cluster:
        cluster.create_database("lotline")
        os.environ.update(cluster.environment())
        yield
