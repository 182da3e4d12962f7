"""The terms on which a supplier brings an item: entered, changed, suspended and approved again, by whoever keeps the masters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from receiving.rights import TERMS
from traceability import ledger, permits, units
from traceability.changes import noting as changes_noted
from traceability.models import Approval, SupplierItem
from traceability.scanning.gs1 import has_check_digit

if TYPE_CHECKING:
    from traceability.models import Item, Party, Person

FIELDS = (
    "code",
    "gtin",
    "pack_quantity",
    "pack_unit",
    "over_percent",
    "minimum_life_days",
    "needs_certificate",
    "approval",
    "approval_reason",
)


def set_terms(*, supplier: Party, item: Item, changes: Mapping[str, Any], actor: Person) -> SupplierItem:
    """Write down or change one supplier item. A change of the approval is dated today, and a suspension needs its reason."""
    permits.require(actor, TERMS, to="change what a supplier brings")
    if not supplier.is_supplier:
        raise ledger.BadInput(
            f"{supplier} is not a supplier.", now="Choose a supplier.", fields={"supplier": supplier.code}
        )
    given = _checked(item, dict(changes))
    try:
        with transaction.atomic():
            row = SupplierItem.objects.select_for_update().filter(supplier=supplier, item=item).first()
            row = row or SupplierItem(supplier=supplier, item=item)
            if given.get("approval", row.approval) != row.approval:
                row.approval_since = timezone.localdate()
            for name, value in given.items():
                setattr(row, name, value)
            if row.approval == Approval.SUSPENDED and not row.approval_reason:
                raise ledger.ReasonRequired(
                    "A suspension needs its reason.",
                    now="Say why, for whoever stands at the dock.",
                    fields={"approval_reason": "missing"},
                )
            with changes_noted(actor=actor, reason=row.approval_reason):
                row.save()
            return row
    except IntegrityError as error:
        raise ledger.BadInput(
            f"{supplier} calls another item {given.get('code')} already.",
            now="A supplier's code means one item.",
            fields={"code": str(given.get("code"))},
        ) from error


def _checked(item: Item, given: dict[str, Any]) -> dict[str, Any]:
    unknown = set(given) - set(FIELDS)
    if unknown:
        raise ledger.BadInput(f"There is no {min(unknown)}.", fields={min(unknown): "unknown"})
    if given.get("code"):
        given["code"] = ledger.check_code(given["code"], field="code", limit=40)
    if gtin := given.get("gtin"):
        if len(gtin) not in (8, 12, 13, 14) or not has_check_digit(gtin):
            raise ledger.BadInput(
                f"{gtin} is not a GTIN: its check digit is wrong.",
                now="Type the digits below the barcode.",
                fields={"gtin": gtin[:20]},
            )
        given["gtin"] = gtin.zfill(14)
    if given.get("pack_quantity") is not None:
        units.to_base(item, given["pack_quantity"], given.get("pack_unit", ""))
    return given
