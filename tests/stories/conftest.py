"""The story is told once for each file here, into a database of its own (the default one until the file ends); each test looks at it in a transaction."""

from collections.abc import Iterator

import pytest

from tests import databases


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: object) -> Iterator[dict]:
    """What `load` returned."""
    from traceability.config import story

    with databases.a_clone("story") as name, django_db_blocker.unblock():  # type: ignore[attr-defined]
        with databases.default_at(name):
            yield story.load()


@pytest.fixture
def shrimp(told: dict) -> Iterator[dict]:
    """The told story; whatever the test does is rolled back."""
    from django.db import transaction

    with transaction.atomic():
        yield told
        transaction.set_rollback(True)
