import pytest

from tests.receiving.dock import make_dock


@pytest.fixture
def dock(plant):
    """Rita at the dock with PO-5130 open."""
    return make_dock(plant)
