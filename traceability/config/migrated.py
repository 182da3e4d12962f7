"""A migrated, stopped test cluster, kept from run to run: migrating an empty database takes longer than most tests.

It is made anew when a migration, the locked packages, the settings, the way a cluster is made, or PostgreSQL changes.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from traceability.embedded import child, postgres

from . import paths

KEPT = 3  # A branch or two, and another PostgreSQL.


def copy_to(data: Path, bin_folder: Path, *, make: Callable[[Path, Path], None]) -> None:
    """Put a copy of the kept cluster into `data`; `make(folder, bin_folder)` makes it where there is none yet."""
    if child.identity_for_servers() == "nobody":
        make(data, bin_folder)  # Its files belong to somebody else: a copy would not.
        return
    kept = paths.DATA / "test-templates" / _mark(bin_folder)
    if not kept.exists():
        _keep(kept, bin_folder, make)
    data.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(kept, data, symlinks=True)
    with contextlib.suppress(OSError):
        os.utime(kept)


def _keep(kept: Path, bin_folder: Path, make: Callable[[Path, Path], None]) -> None:
    kept.parent.mkdir(parents=True, exist_ok=True)
    unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
    make(unfinished, bin_folder)
    unfinished.with_name(f"{unfinished.name}.log").unlink(missing_ok=True)
    try:
        unfinished.rename(kept)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)  # Another run was faster; its copy is as good.
    for old in sorted(kept.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _mark(bin_folder: Path) -> str:
    """What the template is made from, in one word."""
    sources = [paths.ROOT / "uv.lock", *sorted(paths.ROOT.glob("*/migrations/*.py"))]
    sources += [
        paths.ROOT / "traceability/ledger/digest.py",
        *sorted((paths.ROOT / "traceability/embedded").glob("*.py")),
    ]
    sources += [Path(__file__), *(Path(__file__).with_name(name) for name in ("testing.py", "settings.py"))]
    told = hashlib.sha256(f"{bin_folder} {postgres.major_version(bin_folder)}".encode())
    for source in sources:
        told.update(
            f"{source.relative_to(paths.ROOT)} ".encode() + hashlib.sha256(source.read_bytes()).digest()
        )
    return f"pg{postgres.major_version(bin_folder)}-{told.hexdigest()[:16]}"
