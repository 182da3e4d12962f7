"""A PostgreSQL of the bench's own: it keeps its promises (fsync on) and has memory like a small server."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from traceability import embedded

DATABASE = "lotline_bench"
ROOT = Path(__file__).resolve().parents[2]

# As on a small server of one company. fsync, full_page_writes and synchronous_commit stay on.
SETTINGS = (
    "shared_buffers=512MB", "effective_cache_size=4GB", "work_mem=32MB", "maintenance_work_mem=512MB", "max_wal_size=8GB",
    "checkpoint_timeout=15min", "checkpoint_completion_target=0.9", "random_page_cost=1.1", "effective_io_concurrency=100",
)  # fmt: skip


class Server(embedded.Cluster):
    """An embedded cluster with the settings above."""

    def _settings(self) -> list[str]:
        return [*super()._settings(), *(part for setting in SETTINGS for part in ("-c", setting))]

    def superuser_url(self) -> str:
        """For loading: foreign keys are checked by the generator's own arithmetic, not row by row."""
        return self._url("postgres", DATABASE)


@contextlib.contextmanager
def a_server(folder: Path | None = None) -> Iterator[Server]:
    """A fresh cluster with a migrated, empty database; `DATABASE_URL` names it. Nothing is left behind."""
    parent = Path(tempfile.mkdtemp(prefix="lotline-bench-", dir=folder))
    data = embedded.data_folder(parent)
    try:
        with Server(data) as server:
            server.create_database(DATABASE)
            os.environ.update(server.environment(DATABASE))
            os.environ["DATABASE_LOCK_TIMEOUT"] = "120s"
            migrate(server)
            yield server
    finally:
        shutil.rmtree(data, ignore_errors=True)
        shutil.rmtree(parent, ignore_errors=True)


def migrate(server: Server) -> None:
    as_owner = {**os.environ, "DATABASE_URL": server.owner_url(DATABASE)}
    command = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0", "--skip-checks"]
    if subprocess.run(command, env=as_owner, cwd=ROOT).returncode:
        sys.exit("The migrations failed (see above).")
