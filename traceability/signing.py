"""Signing: somebody proves who they are at that moment, and what they sign is kept as it was, with its hash.

    proof = views.signing.proof(request)                     # the password once more; raises SignatureMissing, SignatureWrong
    with transaction.atomic():
        plan = approve(…)
        signing.sign(proof=proof, kind="plan", key=plan.pk, version=plan.revision, content=facts_of(plan),
                     meaning=Meaning.APPROVAL, client=client, key_sent=key)

    signing.of("plan", plan.pk)                              # its signatures, in order, for the page and the print form
    signing.still_holds(signature, facts_of(plan))           # is the record what was signed?

A proof comes from a person at a screen. A token has none, so that no program signs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django.db.models import Model
from django.utils import timezone

from traceability import ledger
from traceability.keyed import once
from traceability.models import Meaning, ProvedBy, Signature

if TYPE_CHECKING:
    from traceability.models import Person

FRESH = timedelta(minutes=5)


class SignatureMissing(ledger.Refusal):
    code: ClassVar[str] = "signature_missing"
    status: ClassVar[int] = 422


class SignatureWrong(ledger.Refusal):
    code: ClassVar[str] = "signature_wrong"
    status: ClassVar[int] = 403


class SignatureStale(ledger.Refusal):
    code: ClassVar[str] = "signature_stale"
    status: ClassVar[int] = 403


@dataclass(frozen=True, slots=True)
class Proof:
    """That this person was there: made by traceability.views.signing alone, and good for five minutes."""

    person: Person
    by: ProvedBy
    at: datetime


def sign(
    *,
    proof: Proof,
    kind: str,
    key: object,
    content: Mapping[str, Any],
    meaning: Meaning,
    client: str,
    key_sent: str,
    version: object = "",
) -> Signature:
    """Sign this content of this record. Sent twice, it is signed once. Raises SignatureStale, NotPermitted."""
    if not proof.person.is_active or getattr(proof.person, "token_scopes", None) is not None:
        raise ledger.NotPermitted(
            f"{proof.person} cannot sign.", "A signature is a person's.", "Ask a colleague.", fields={"signature": "nobody"}
        )  # fmt: skip
    if not timezone.now() - FRESH <= proof.at <= timezone.now():
        raise SignatureStale("Too long ago.", "Who signs says so at that moment.", "Type the password again.")
    text = canonical(content)
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    sent = {
        "kind": kind,
        "key": str(key),
        "version": str(version),
        "sha256": sha256,
        "meaning": meaning,
        "signer": proof.person.pk,
    }

    def make(keys: dict[str, Any]) -> Signature:
        return Signature.objects.create(
            subject_kind=kind, subject=str(key), version=str(version), content=text, sha256=sha256, meaning=meaning, signer=proof.person,
            printed_name=str(proof.person), proved_by=proof.by, time_zone=timezone.get_current_timezone_name()[:64], **keys,
        )  # fmt: skip

    return once(Signature, client=client, key=f"{key_sent}/sign/{meaning}", sent=sent, make=make)


def of(kind: str, key: object) -> list[Signature]:
    return list(Signature.objects.about(kind, key).select_related("signer"))


def still_holds(signature: Signature, content: Mapping[str, Any]) -> bool:
    """Is the record what was signed? A later change leaves the signature with the earlier state."""
    return hashlib.sha256(canonical(content).encode()).hexdigest() == signature.sha256


def is_intact(signature: Signature) -> bool:
    """Does the kept content give the hash that was signed?"""
    return hashlib.sha256(signature.content.encode()).hexdigest() == signature.sha256


def canonical(content: Mapping[str, Any]) -> str:
    """One text for one content: names sorted, no blanks, numbers as digits, moments in UTC."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_plain, allow_nan=False
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize() if value else Decimal(0), "f")
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(value)
    raise TypeError(f"{value!r} cannot be signed")
