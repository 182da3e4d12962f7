"""``manage.py demo --check``: is what the demo shows right?"""

from collections.abc import Iterator
from urllib.request import urlopen


def check(address: str, accounts: list[dict[str, str]], started: float) -> Iterator[tuple[bool, str]]:
    """Each thing looked at, as (is it right, a sentence). ``started`` is when the command was typed (time.time())."""
    for path, sentence in (("healthz", "The web server answers."), ("login/", "The log-in page shows.")):
        with urlopen(address + path, timeout=10) as answer:
            yield answer.status == 200, sentence
