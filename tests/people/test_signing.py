"""Signing: the password once more, the printed name as it was, what it meant, and the hash of what was signed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory
from django.utils import timezone

from tests.cast import PASSWORD
from traceability import ledger, signing
from traceability.models import Meaning, ProvedBy, Signature
from traceability.signing import Proof, SignatureMissing, SignatureStale, SignatureWrong
from traceability.views import signing as at_the_screen

FACTS = {"plan": "QP-7", "limit": Decimal("4.40"), "from": date(2026, 11, 25), "lots": ["B", "A"]}


def asked(person, **sent):
    request = RequestFactory().post("/", sent)
    request.user = person
    request.session = {}
    return request


def sign(proof, *, content=FACTS, key="k1", meaning=Meaning.APPROVAL):
    return signing.sign(
        proof=proof, kind="plan", key=7, version=3, content=content, meaning=meaning, client="t", key_sent=key
    )


def proof_of(person):
    return Proof(person, ProvedBy.PASSWORD, timezone.now())


def test_the_password_once_more_is_a_proof_and_the_signature_keeps_name_meaning_and_hash(plant):
    proof = at_the_screen.proof(asked(plant.quinn, signature_password=PASSWORD))
    signature = sign(proof)
    assert (signature.printed_name, signature.signer, signature.proved_by) == (
        "Quinn",
        plant.quinn,
        "password",
    )
    assert signature.get_meaning_display() == "Approved it"
    assert signing.of("plan", 7) == [signature]
    assert signing.is_intact(signature)
    assert signing.still_holds(signature, {**FACTS, "limit": Decimal("4.4")})
    assert not signing.still_holds(signature, {**FACTS, "limit": Decimal("4.5")})


def test_a_new_name_does_not_change_what_was_signed(plant):
    signature = sign(proof_of(plant.quinn))
    plant.quinn.display_name = "Quinn Married"
    plant.quinn.save()
    signature.refresh_from_db()
    assert signature.printed_name == "Quinn"


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        ({}, SignatureMissing),
        ({"signature_password": ""}, SignatureMissing),
        ({"signature_password": "wrong"}, SignatureWrong),
    ],
)
def test_without_the_password_nobody_signs(plant, sent, refusal):
    with pytest.raises(refusal):
        at_the_screen.proof(asked(plant.quinn, **sent))


def test_too_many_wrong_passwords_lock_as_at_the_log_in(plant):
    for _ in range(10):
        with pytest.raises(SignatureWrong):
            at_the_screen.proof(asked(plant.quinn, signature_password="wrong"))
    with pytest.raises(SignatureWrong, match="Not signed") as locked:
        at_the_screen.proof(asked(plant.quinn, signature_password=PASSWORD))
    assert "wait" in locked.value.why


def test_a_proof_grows_old_and_a_token_has_none(plant):
    with pytest.raises(SignatureStale):
        sign(Proof(plant.quinn, ProvedBy.PASSWORD, timezone.now() - timedelta(minutes=6)))
    plant.quinn.token_scopes = ["qc:write"]
    with pytest.raises(ledger.NotPermitted):
        sign(proof_of(plant.quinn))
    assert not Signature.objects.exists()


def test_sent_twice_is_signed_once_and_two_persons_sign_the_same(plant):
    first, again = sign(proof_of(plant.quinn)), sign(proof_of(plant.quinn))
    assert first == again
    second = sign(proof_of(plant.rhea), meaning=Meaning.SECOND_PERSON)
    assert signing.of("plan", 7) == [first, second]
    with pytest.raises(ledger.KeyReused):
        sign(proof_of(plant.quinn), content={"plan": "QP-8"})


def test_the_second_person_proves_with_name_and_password_and_is_somebody_else(plant):
    request = asked(plant.quinn, second_username="rhea", second_password=PASSWORD)
    assert at_the_screen.second(request, to="agree").person == plant.rhea
    with pytest.raises(ledger.SamePerson):
        at_the_screen.second(
            asked(plant.quinn, second_username="quinn", second_password=PASSWORD), to="agree"
        )


@pytest.mark.parametrize("change", [{"printed_name": "Somebody"}, {"content": "{}"}, None])
def test_a_signature_is_only_added_to(plant, change):
    signature = sign(proof_of(plant.quinn))
    rows = Signature.objects.filter(pk=signature.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        rows.update(**change) if change else rows.delete()
