"""Print labels: written down first, then sent to a printer of the plant or opened in the browser."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from traceability.keyed import once
from traceability.labels.content import Label, label_of
from traceability.labels.errors import ReprintNeedsReason
from traceability.labels.pdf import render_pdf, size_of
from traceability.labels.sending import check_address, wake
from traceability.labels.zpl import render_zpl
from traceability.ledger import BadInput, Refusal
from traceability.models import (
    Container,
    Item,
    LabelPrint,
    LabelPrinted,
    Location,
    Lot,
    Printer,
    PrinterKind,
    PrintState,
)
from traceability.permits import require

if TYPE_CHECKING:
    from traceability.models import Person, Site

log = logging.getLogger(__name__)

MOST_COPIES = 500
RIGHT = "traceability.print_label"
FIELDS: dict[type[Any], str] = {Lot: "lot", Item: "item", Location: "location", Container: "container"}


def print_labels(
    *,
    nouns: Sequence[Any],
    size: str,
    actor: Person,
    client: str,
    key: str,
    copies: int = 1,
    printer: Printer | None = None,
    reason: str = "",
    document: str = "",
    skip: int = 0,
    quantities: dict[Any, Decimal] | None = None,
) -> LabelPrint:
    """Print the labels of these lots, items, places or containers. Without a printer: a PDF to open in the browser.

    Whatever was printed before needs a reason to be printed again. At most 500 labels with all copies. Raises
    CannotBeDrawn, ReprintNeedsReason, BadInput.
    """
    require(actor, RIGHT, to="print labels")
    return _print(
        nouns=nouns, size=size, actor=actor, client=client, key=key, copies=copies, printer=printer, reason=reason, document=document, skip=skip,
        quantities=quantities or {},
    )  # fmt: skip


def print_after(
    event: str, *, lots: Sequence[Lot], site: Site, document: str, actor: Person, key: str
) -> None:
    """Once this is committed: the labels of new lots, where the site says so. A printer that is away never stops a receipt."""
    if event in site.labels_after and lots:
        transaction.on_commit(lambda: _after(lots, site, document, actor, key))


def _after(lots: Sequence[Lot], site: Site, document: str, actor: Person, key: str) -> None:
    printer = Printer.objects.filter(site=site, is_default=True, is_active=True).first()
    keys = {"client": "labels", "key": f"{key}/labels"[:200]}
    try:
        if printer is None:
            raise BadInput(
                "No printer takes labels by itself at this site.", now="Choose one under Printers."
            )
        for start in range(0, len(lots), MOST_COPIES):
            part = lots[start : start + MOST_COPIES]
            _print(
                nouns=part, size=printer.size, actor=actor, client="labels", key=f"{key}/labels/{start}"[:200], copies=1, printer=printer,
                reason="", document=document, skip=0, quantities={},
            )  # fmt: skip
    except Refusal as refusal:
        log.warning("Labels of %s were not printed: %s", document, refusal.code)
        LabelPrint.objects.get_or_create(
            **keys, defaults={"fingerprint": b"", "site": site, "printer": printer, "size": printer.size if printer else "4x3", "labels": min(len(lots), MOST_COPIES),
                              "document": document, "state": PrintState.FAILED, "by": actor, "error": refusal.sentence[:200]},
        )  # fmt: skip


def printed_before(nouns: Iterable[Any]) -> list[Any]:
    """Those of the nouns whose label was printed before, whatever became of the paper."""
    found = []
    for kind, field in FIELDS.items():
        mine = [noun for noun in nouns if isinstance(noun, kind)]
        if mine:
            rows = LabelPrinted.objects.filter(**{f"{field}__in": mine}).exclude(act__state=PrintState.FAILED)
            known = set(rows.values_list(field, flat=True))
            found += [noun for noun in mine if noun.pk in known]
    return found


def labels_of_print(act: LabelPrint) -> list[LabelPrinted]:
    return list(act.printed.select_related("lot", "item", "location", "container"))


def _print(
    *, nouns: Sequence[Any], size: str, actor: Person, client: str, key: str, copies: int, printer: Printer | None, reason: str, document: str,
    skip: int, quantities: dict[Any, Decimal],
) -> LabelPrint:  # fmt: skip
    size_of(size)
    if not nouns:
        raise BadInput("There is nothing to label.", now="Choose at least one.", fields={"labels": "empty"})
    if copies < 1 or copies * len(nouns) > MOST_COPIES:
        raise BadInput(
            f"{copies * len(nouns):,} labels are more than may be printed at once ({MOST_COPIES})." if copies >= 1 else "At least one copy.",
            now="Print them in parts.", fields={"copies": copies},
        )  # fmt: skip
    if printer is not None:
        check_address(printer.address)
        if not printer.is_active:
            raise BadInput(
                f"{printer} is out of use.", now="Choose another printer.", fields={"printer": printer.name}
            )

    def make(keys: dict[str, Any]) -> LabelPrint:
        again = printed_before(nouns)
        if again and not reason.strip():
            named = ", ".join(str(noun) for noun in again[:3])
            raise ReprintNeedsReason(
                f"The label of {named} was printed before." if len(again) == 1 else f"{len(again)} of these labels were printed before ({named}…).",
                "Two labels of one thing are how mix-ups begin.", "Say why it is printed again.", fields={"reason": "missing"},
            )  # fmt: skip
        labels = [label_of(noun, quantity=quantities.get(noun)) for noun in nouns]
        act = LabelPrint.objects.create(
            **keys, site=_site(nouns, actor), printer=printer, size=size, copies=copies, labels=len(nouns), document=document, is_reprint=bool(again),
            reason=reason.strip()[:200], state=PrintState.WAITING if printer else PrintState.OPENED, by=actor, next_at=timezone.now() if printer else None,
            content=_content(labels, size, copies, printer, skip),
        )  # fmt: skip
        LabelPrinted.objects.bulk_create(
            LabelPrinted(act=act, kind=label.kind, code=label.code[:250], heading=label.heading[:80], **{FIELDS[type(noun)]: noun})
            for noun, label in zip(nouns, labels, strict=True)
        )  # fmt: skip
        if printer:
            transaction.on_commit(lambda: wake(act.pk))
        return act

    told = {
        "nouns": [[FIELDS[type(noun)], noun.pk] for noun in nouns], "size": size, "copies": copies, "printer": printer and printer.pk, "reason": reason,
        "skip": skip, "quantities": [[noun.pk, quantity] for noun, quantity in quantities.items()],
    }  # fmt: skip
    return once(LabelPrint, client=client, key=key, sent=told, make=make)


def _content(labels: list[Label], size: str, copies: int, printer: Printer | None, skip: int) -> bytes:
    if printer is not None and printer.kind == PrinterKind.ZPL:
        return render_zpl(labels, size=size, dpi=printer.dpi, copies=copies).encode()
    return render_pdf(labels, size=size, copies=copies, skip=skip)


def _site(nouns: Sequence[Any], actor: Person) -> Site | None:
    place = next((noun.site for noun in nouns if isinstance(noun, Location)), None)
    return place or actor.sites.order_by("pk").first()
