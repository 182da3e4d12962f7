"""Persons at a browser, as in the tests of the pages."""

from tests.pages.conftest import browse

__all__ = ["browse"]
