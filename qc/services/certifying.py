"""Issue a certificate of analysis: from recorded results only, as a PDF that is kept as it was sent."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from qc import certifying
from qc.models import Certificate
from traceability import ledger, numbering, permits
from traceability.keyed import once
from traceability.models import Lot
from traceability.printing import render_pdf

if TYPE_CHECKING:
    from traceability.models import Party, Person, Site


class CertificateStopped(ledger.Refusal):
    code = "certificate_stopped"


@transaction.atomic
def issue_certificate(
    *,
    lot: Lot,
    customer: Party | None,
    site: Site | None,
    actor: Person,
    client: str,
    key: str,
    why: str = "",
) -> Certificate:
    """A certificate, or the next revision of the one for this lot and customer, with its reason.

    Raises CertificateStopped while a result is missing or out of the customer's limits, or the lot is held or not released.
    """
    permits.require(actor, "qc.decide", to="issue a certificate")
    lot = Lot.objects.select_for_update(of=("self",)).select_related("item").get(pk=lot.pk)

    def make(keys: dict[str, Any]) -> Certificate:
        draft = certifying.draft(lot, customer)
        if draft.problems:
            raise CertificateStopped(
                f"No certificate for {lot.number}.", f"{'; '.join(draft.problems)}.".capitalize(), "Record what is missing, or decide again.",
                fields={"lot": lot.number, "problems": draft.problems}, lots=[lot.pk],
            )  # fmt: skip
        before = Certificate.objects.filter(lot=lot, customer=customer).order_by("-revision").first()
        if before and not why.strip():
            raise ledger.ReasonRequired(
                f"{before} is there already.",
                now="Say why there is a new revision.",
                fields={"why": "missing"},
            )
        now = timezone.now()
        number, revision = (
            (before.number, before.revision + 1) if before else (numbering.next_number("COA-"), 1)
        )
        content = draft.content | {
            "number": number, "revision": revision, "issued_at": now.isoformat(timespec="seconds"), "issued_by": str(actor), "why": why.strip(),
            "site": site.name if site else "", "place": site.place if site else "",
        }  # fmt: skip
        html = render_to_string("qc/certificate_pdf.html", {"coa": content, "issued_at": now})
        pdf = render_pdf(html, identifier=f"{number}-{revision}")
        return Certificate.objects.create(
            number=number, revision=revision, lot=lot, customer=customer, content=content, pdf=pdf, sha256=hashlib.sha256(pdf).hexdigest(),
            issued_by=actor, issued_at=now, why=why.strip()[:200], **keys,
        )  # fmt: skip

    sent = {"lot": lot.pk, "customer": customer and customer.pk, "why": why.strip()}
    return once(Certificate, client=client, key=key, sent=sent, make=make)
