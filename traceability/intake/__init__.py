"""Files from outside, looked at in a process of their own with little memory and time: `examine(path, name)`.

A hostile file can then spoil that process and nothing else. The package knows neither Django nor the database, so that
the process starts in a tenth of a second.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 60
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Examined:
    """What the file is. A picture comes back re-encoded, with two small ones beside it."""

    media_type: str
    extension: str
    width: int = 0
    height: int = 0
    clean: str = ""
    view: str = ""
    thumbnail: str = ""


class Refused(Exception):
    """The file is not taken. `code` is file_type, file_broken or picture_too_large; `why` is a sentence for people."""

    def __init__(self, code: str, why: str):
        self.code, self.why = code, why
        super().__init__(why)


def examine(path: Path, name: str) -> Examined:
    """Look at a file on disk that came under this name. Files made of it stand beside it. Raises Refused."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "traceability.intake", str(path), name],
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"},
            capture_output=True,
            timeout=SECONDS,
        )
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        # Killed by its limits, or broken off in the middle: whatever it was, it is not a file that people work with.
        raise Refused("file_broken", "It could not be read.") from None
    if "refused" in told:
        raise Refused(told["refused"], told["why"])
    return Examined(**told)
