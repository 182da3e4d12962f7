"""A token from the command line, as the README says: shown once, good for what its scopes give, and kept as a hash."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.api.conftest import caller, integration
from traceability.models import ApiToken


def issue(*arguments):
    out = io.StringIO()
    call_command("issue_api_token", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue().strip()


def test_the_command_prints_a_token_that_reads(plant):
    integration(username="erp-bot")
    lot = plant.receive("A-1", supplier_lot="CS-26-2874")
    token = issue("erp-bot", "--name", "tour", "--scope", "ledger:read", "--scope", "recall:read")
    answer = caller(token=token).get("where-used", supplier_lot="CS262874")
    assert [start["number"] for start in answer.json()["starts"]] == [lot.number]


def test_what_is_kept_is_not_the_token(plant):
    integration(username="erp-bot")
    token = issue("erp-bot", "--name", "tour", "--scope", "ledger:read")
    kept = ApiToken.objects.values().get()
    assert token.partition(".")[2] not in str(kept)


def test_nobody_unknown_gets_one(plant):
    with pytest.raises(CommandError, match="no active person"):
        issue("nobody", "--name", "x", "--scope", "ledger:read")
