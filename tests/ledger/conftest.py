"""One committed ledger for a file, in which everything happened once, on a superuser's connection: to spoil, and roll back."""

from contextlib import ExitStack

import pytest
from django.db import transaction

from tests import databases


@pytest.fixture(scope="module")
def kept_story(django_db_setup, django_db_blocker):
    from tests.cast import make_plant
    from tests.ledger import rich

    with ExitStack() as stack:
        name = stack.enter_context(databases.a_clone("verify"))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(databases.default_at(name))
        made = rich.make(make_plant())
        stack.enter_context(databases.as_superuser())
        yield made


@pytest.fixture
def story(kept_story):
    with transaction.atomic():
        yield kept_story
        transaction.set_rollback(True)
