"""The demo's story, told through the services."""

from typing import Any


def load() -> dict[str, Any]:
    """Idempotent. Returns ``accounts``: a list of role, name, username and password."""
    return {"accounts": []}
