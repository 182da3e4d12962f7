"""A folder that only we may enter, for the socket of a server."""

import tempfile
from pathlib import Path

# A socket's path has at most 103 bytes on macOS (107 on Linux), and some temporary folders are long.
LONGEST_PARENT = 60


def private_folder() -> Path:
    parent = tempfile.gettempdir()
    if len(parent) > LONGEST_PARENT:
        parent = "/tmp"  # noqa: S108 (mkdtemp makes the folder ours alone)
    return Path(tempfile.mkdtemp(prefix="lotline-", dir=parent))
