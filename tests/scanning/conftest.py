"""Persons at a browser, as in tests/pages."""

from tests.pages.conftest import browse

__all__ = ["browse"]
