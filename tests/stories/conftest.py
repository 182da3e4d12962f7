"""The told story; each test looks at it in a transaction."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def shrimp(told: dict) -> Iterator[dict]:
    """Whatever the test does is rolled back."""
    from django.db import transaction

    with transaction.atomic():
        yield told
        transaction.set_rollback(True)
