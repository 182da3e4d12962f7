"""Who may ask what: every address against every role and scope, from the same table as the pages."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from tests.api.conftest import ROOT, caller, integration
from traceability import roles
from traceability.api.tokens import issue_token, revoke_token
from traceability.ledger import BadInput
from traceability.models import ApiToken, RefusalRecord

READS = {
    "lots": "traceability.view_ledger", "movements": "traceability.view_ledger", "balances": "traceability.view_ledger",
    "entries": "traceability.view_ledger", "where-used?lot=L": "traceability.trace", "where-from?lot=L": "traceability.trace",
    "items": "traceability.view_masters", "locations": "traceability.view_masters", "parties": "traceability.view_masters",
    "recalls": "recalls.view",
}  # fmt: skip
PEOPLE = {
    "rita": "receiver",
    "quinn": "qc",
    "paul": "production",
    "sam": "shipper",
    "rhea": "quality_manager",
    "ada": "auditor",
    "alma": "administrator",
}


def test_a_stranger_hears_401_everywhere_even_where_nothing_is(stranger):
    for address in [*READS, "", "schema", "problems", "holds", "lots/1", "nowhere", "schema/"]:
        answer = stranger.get(address)
        assert answer.status_code == 401, address
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["code"] == "not_authenticated"


def test_every_role_reads_what_its_rights_say_and_nothing_else(plant, a_session):
    plant.receive("L")
    for name, role in PEOPLE.items():
        reader = a_session(name)
        for address, right in READS.items():
            expected = 200 if right in roles.GRANTS[role] else 403
            assert reader.get(address).status_code == expected, (name, address)


def test_nora_who_has_no_role_sees_the_root_and_no_more(a_session):
    nora = a_session("nora")
    assert nora.get("").status_code == 200
    assert nora.get("schema").status_code == 200
    answer = nora.get("lots")
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize("scope", sorted(roles.SCOPES))
def test_a_token_opens_what_its_scope_gives(plant, a_token, scope):
    plant.receive("L")
    for address, right in READS.items():
        expected = 200 if right in roles.SCOPES[scope] else 403
        assert a_token(scope).get(address).status_code == expected, address


def test_whoever_sees_recalls_sees_customers_too():
    """A scope names customers; so no role and no scope may have the one without the other."""
    for rights in [*roles.GRANTS.values(), *roles.SCOPES.values()]:
        assert "recalls.view" not in rights or "traceability.view_customers" in rights


def test_a_persons_token_gives_no_more_than_the_person_has(plant):
    _, shown = issue_token(person=plant.rita, name="rita's script", scopes=["ledger:read", "recall:read"])
    rita = caller(token=shown)
    assert rita.get("lots").status_code == 200
    assert rita.get("recalls").status_code == 403


def test_a_customer_is_not_found_by_who_may_not_see_customers(plant, a_session):
    customer = f"parties/{plant.customer.pk}"
    assert a_session("sam").get(customer).status_code == 200
    rita = a_session("rita")
    assert rita.get(customer).status_code == 404
    assert [party["code"] for party in rita.get("parties").json()["results"]] == ["S-1"]
    assert rita.get("parties", is_customer="true").json()["count"] == 0
    assert a_session("sam").get("parties", is_customer="true").json()["count"] == 2


def test_an_entry_does_not_tell_its_customer_to_who_may_not_see_customers(plant, a_session):
    lot = plant.receive("A-1")
    plant.ship(lot, 10, payload={"consignee": "Coastal Grocers"})
    shipment = a_session("rita").get("entries/2")
    assert shipment.json()["party"] is None
    assert sorted(shipment.json()["withheld"]) == ["party", "payload"]
    assert "Coastal" not in shipment.content.decode()
    assert a_session("rita").get("entries/1").json()["party"]["code"] == "S-1"
    assert a_session("sam").get("entries/2").json()["party"]["code"] == "C-1"
    assert "Coastal" not in a_session("rita").get("movements").content.decode()


def test_an_expired_revoked_or_idle_persons_token_is_401_at_once(plant):
    token, shown = issue_token(person=integration(), name="t", scopes=["ledger:read"])
    program = caller(token=shown)
    assert program.get("lots").status_code == 200
    ApiToken.objects.filter(pk=token.pk).update(
        created_at=timezone.now() - timedelta(days=2), expires_at=timezone.now() - timedelta(days=1)
    )
    assert program.get("lots").json()["code"] == "token_invalid"

    token, shown = issue_token(person=integration(), name="t", scopes=["ledger:read"])
    revoke_token(token)
    assert caller(token=shown).get("lots").status_code == 401

    _, shown = issue_token(person=plant.rita, name="t", scopes=["ledger:read"])
    plant.rita.is_active = False
    plant.rita.save()
    assert caller(token=shown).get("lots").status_code == 401


@pytest.mark.parametrize(
    "shown",
    [
        "lot_live_x.y",
        "lot_live_",
        "x",
        "lot_live_abc.",
        "lot_live_\x00.a",
        "Ünï.cöde",
        "lot_live_" + "a" * 5000 + ".b",
    ],
)
def test_a_wrong_token_is_401_and_never_a_500(plant, shown):
    assert caller(token=shown).get("lots").status_code == 401


def test_a_token_in_the_address_is_refused(plant, stranger):
    _, shown = issue_token(person=integration(), name="t", scopes=["ledger:read"])
    assert stranger.get("lots", token=shown).status_code == 401


def test_the_secret_is_not_kept_and_use_is_noted(plant):
    token, shown = issue_token(person=integration(), name="t", scopes=["ledger:read"])
    secret = shown.partition(".")[2]
    row = ApiToken.objects.values_list().get(pk=token.pk)
    assert secret.encode() not in b"".join(
        bytes(value) if isinstance(value, memoryview) else str(value).encode() for value in row
    )
    caller(token=shown).get("lots")
    assert ApiToken.objects.get(pk=token.pk).last_used_at is not None


def test_a_token_lives_a_year_at_most_and_has_a_known_scope(plant):
    with pytest.raises(BadInput):
        issue_token(person=plant.rita, name="t", scopes=["ledger:read"], days=366)
    with pytest.raises(BadInput):
        issue_token(person=plant.rita, name="t", scopes=["everything"])
    token, _ = issue_token(person=plant.rita, name="t", scopes=["ledger:read"], days=365)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now() + timedelta(days=400))


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "address",
    [
        "lots",
        "lots/1",
        "entries",
        "entries/1",
        "movements",
        "balances/1",
        "recalls/1",
        "where-used",
        "changes/1",
        "holds/1",
    ],
)
def test_the_ledger_cannot_be_changed_by_put_patch_or_delete(erp, method, address):
    answer = erp.send(method, address)
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "method_not_allowed"
    assert "GET" in answer.headers["Allow"]


def test_a_missing_right_is_written_down(plant, a_session):
    a_session("rita").get("recalls")
    record = RefusalRecord.objects.get()
    assert (record.actor, record.code) == (plant.rita, "permission_denied")


def test_a_view_without_a_right_is_closed(plant, rf):
    from rest_framework.test import force_authenticate

    from traceability.api.views import StrictView

    class Forgotten(StrictView):
        def get(self, request):
            raise AssertionError

    request = rf.get(ROOT)
    force_authenticate(request, plant.rhea)
    assert Forgotten.as_view()(request).status_code == 403
