"""Migrations: complete, done by the owner, and closed to the application."""

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection

from tests import databases


def test_the_models_and_the_migrations_agree(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_every_migration_is_applied(db):
    call_command("migrate", "--check", verbosity=0)


def test_the_owner_owns_every_table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner <> 'lotline_owner'"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "DROP TABLE traceability_entry",
        "ALTER TABLE traceability_entry DISABLE TRIGGER ALL",
    ],
)
def test_the_application_cannot_change_tables(db, statement):
    with (
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_application_can_read_every_table(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT"
            " has_table_privilege(current_user, format('%I.%I', schemaname, tablename), 'SELECT')"
        )
        assert cursor.fetchall() == []


def test_the_application_cannot_say_that_a_migration_ran(db):
    """The record of migrations is the owner's."""
    with databases.owner() as cursor:
        cursor.execute("SELECT has_table_privilege('lotline_app', 'django_migrations', 'INSERT')")
        assert cursor.fetchone() == (False,)
