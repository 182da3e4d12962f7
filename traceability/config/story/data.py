"""The story's data, as written down."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def shrimp() -> dict[str, Any]:
    return json.loads((Path(__file__).parent / "shrimp.json").read_text())
