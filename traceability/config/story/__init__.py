"""The demo's story: six weeks of a shrimp plant, ending in a recall. Told through the services, so the demo walks the product's own road.

`shrimp.json` is the data, `timetable` says when each thing happens, `masters` sets the stage, `telling` acts it out,
`noise` is ordinary trouble beside it, `live` is today, `expected` knows the answers and `reckoning` how they come about.
"""

from typing import Any


def load() -> dict[str, Any]:
    """Tell the story, once. Returns `accounts`: role, name, username and password; none when it was told before."""
    from traceability.config.story import telling  # Here, so that `reckoning` needs no Django.

    return telling.load()
