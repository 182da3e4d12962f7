import pytest

from tests.pages.conftest import browse
from tests.receiving.dock import make_dock

__all__ = ["browse", "dock"]


@pytest.fixture
def dock(plant):
    """Rita at the dock with PO-5130 open."""
    return make_dock(plant)
