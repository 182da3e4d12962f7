"""Suppliers and customers, each with the person to call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from traceability.importing.fields import Context, Field
from traceability.importing.masters import MasterImporter
from traceability.importing.posting import Posting
from traceability.importing.rows import Row
from traceability.models import Contact, Party
from traceability.scanning.gs1 import has_check_digit

ROLES = (("supplier", "Supplier"), ("customer", "Customer"), ("both", "Supplier and Customer"))
PLAIN = ("name", "street", "city", "region", "postal_code", "country", "flag", "is_suspended", "minimum_life_days", "note")  # fmt: skip
CONTACT = {"contact_role": "role", "phone": "phone", "email": "email"}


class Parties(MasterImporter):
    name, title, order = "parties", "Suppliers and customers", 20
    note = "Who supplies and who buys, with the person to call in a recall. An empty cell leaves the value as it is."
    right = "traceability.change_masters"
    model = Party
    needed_when_new = ("name", "role")
    fields = (
        Field("code", "Code", "code", is_required=True, limit=32, also=("Vendor ID", "Customer ID", "Party", "Party code"), examples=("S-MILL", "C-GROCER")),
        Field("name", "Name", limit=160, also=("Vendor name", "Customer name"), examples=("Delta Mill", "Coastal Grocers")),
        Field("role", "Role", "choice", choices=ROLES, examples=("Supplier", "Customer")),
        Field("street", "Street", limit=160, also=("Address", "Address 1"), examples=("1 Mill Road", "20 Dock Street")),
        Field("city", "City", limit=80, examples=("Mobile", "Biloxi")),
        Field("region", "State", limit=80, also=("Region", "Province"), examples=("AL", "MS")),
        Field("postal_code", "Postal code", "code", limit=20, also=("ZIP", "Zip code"), help="As text, so that zeros stay.", examples=("36602", "39530")),
        Field("country", "Country", "code", limit=2, help="Two letters.", examples=("US", "US")),
        Field("gln", "GLN", "code", limit=13),
        Field("flag", "Must be known first", limit=120, help="What a recall must know, such as a school."),
        Field("is_suspended", "Suspended", "yes"),
        Field("minimum_life_days", "Life it asks for, days", "whole"),
        Field("note", "Remark", limit=200),
        Field("contact", "Contact", limit=120, also=("Contact name",), examples=("Ann Field", "Ben Shore")),
        Field("contact_role", "Contact's role", limit=80, examples=("Quality", "Buyer")),
        Field("phone", "Phone", "text", limit=40, examples=("251 555 0100", "228 555 0111")),
        Field("email", "E-mail", limit=254, also=("Email",), examples=("ann@mill.example", "ben@grocer.example")),
    )  # fmt: skip

    def prepare(self, rows: Sequence[Row], context: Context) -> None:
        codes = [row.values["code"] for row in rows if row.has("code") and row.has("contact")]
        contacts = Contact.objects.filter(party__code__in=codes).select_related("party")
        self._contacts = {(contact.party.code, contact.name): contact for contact in contacts}

    def values_of(self, row: Row, noun: Any, context: Context) -> dict[str, tuple[str, Any]]:
        values = {name: (name, row.values[name]) for name in (*PLAIN, "gln") if row.has(name)}
        if row.has("country") and (len(row.values["country"]) != 2 or not row.values["country"].isalpha()):
            row.wrong("country", "A country is two letters, such as US.", "unknown_choice")
        if row.has("gln") and (len(row.values["gln"]) != 13 or not has_check_digit(row.values["gln"])):
            row.wrong("gln", "A GLN has 13 digits, and its last one must be right.", "check_digit")
        self._contact(row)
        return values

    def more_values(self, row: Row, noun: Any) -> dict[str, Any]:
        """A role is two facts of a party."""
        if not row.has("role"):
            return {}
        role = row.values["role"]
        return {"is_supplier": role in ("supplier", "both"), "is_customer": role in ("customer", "both")}

    def more_field(self, attribute: str) -> str:
        return "role"

    def _contact(self, row: Row) -> None:
        if not row.has("contact"):
            lonely = next((name for name in CONTACT if row.has(name)), None)
            if lonely:
                row.wrong(lonely, "Whose is it? The contact's name is missing.", "missing")
            return
        if row.has("email"):
            try:
                validate_email(row.values["email"])
            except ValidationError:
                row.wrong("email", f"“{row.values['email'][:60]}” is not an e-mail address.", "email")

    def changes_more(self, row: Row, noun: Any) -> bool:
        if not row.has("contact"):
            return False
        known = self._contacts.get((noun.code, row.values["contact"]))
        wanted = _facts(row)
        if known and all(getattr(known, name) == value for name, value in wanted.items()):
            return False
        old = f"{known.name} {known.phone} {known.email}".strip() if known else ""
        row.change("contact", old, " ".join([row.values["contact"], *wanted.values()]))
        return True

    def write_more(self, row: Row, noun: Any, posting: Posting) -> None:
        if not row.has("contact"):
            return
        known, wanted = self._contacts.get((noun.code, row.values["contact"])), _facts(row)
        if known is None:
            made = Contact.objects.create(party=noun, name=row.values["contact"], is_for_recalls=True, **wanted)  # fmt: skip
            posting.made(row, made)
            return
        before = {name: getattr(known, name) for name in wanted}
        if before != wanted:
            for name, value in wanted.items():
                setattr(known, name, value)
            known.save(update_fields=list(wanted))
            posting.changed(row, known, before, wanted)


def _facts(row: Row) -> dict[str, str]:
    return {attribute: row.values[name] for name, attribute in CONTACT.items() if row.has(name)}
