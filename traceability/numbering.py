"""Numbers of papers and lots: `RCV-000042`, `RM-261019-07`. The series row is locked, so a number is given once."""

from __future__ import annotations

from datetime import date

from django.db import connection

from traceability.ledger import BadInput
from traceability.models import Lot
from traceability.scanning.gs1 import check_digit

SUFFIX_LIMIT = 999


def next_number(prefix: str, *, digits: int = 6) -> str:
    """The next document number under a prefix. Gaps appear where a transaction failed; doubles never."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO traceability_numberseries (prefix, last) VALUES (%s, 1) ON CONFLICT (prefix) DO UPDATE SET last = traceability_numberseries.last + 1 RETURNING last",
            [prefix],
        )
        return f"{prefix}{cursor.fetchone()[0]:0{digits}d}"


def next_sscc(company_prefix: str) -> str:
    """The next serial shipping container code of a company: extension digit, prefix, serial reference, check digit."""
    body = next_number(f"0{company_prefix}", digits=16 - len(company_prefix))
    if len(body) > 17:
        raise BadInput(
            "All SSCCs of this company prefix are used.",
            now="Ask the administrator for another prefix.",
            fields={"gs1_company_prefix": company_prefix},
        )
    return f"{body}{check_digit(body)}"


def number_by_pattern(pattern: str, day: date) -> str:
    """A lot number by an item's pattern: {yymmdd} is the day, {nn} counts within it."""
    stem = pattern.replace("{yymmdd}", f"{day:%y%m%d}").replace("{yyyy}", f"{day:%Y}")
    before, _, after = stem.partition("{nn}")
    return next_number(before, digits=2) + after


def number_for_supplier_lot(*, item_id: int, supplier_lot: str) -> str:
    """The supplier's own number, with /2, /3 … for another delivery of the same one: each keeps its own results."""
    taken = set(
        Lot.objects.filter(item_id=item_id, number__startswith=supplier_lot[:17]).values_list(
            "number", flat=True
        )
    )
    if supplier_lot not in taken:
        return supplier_lot
    return next(f"{supplier_lot}/{n}" for n in range(2, SUFFIX_LIMIT) if f"{supplier_lot}/{n}" not in taken)
