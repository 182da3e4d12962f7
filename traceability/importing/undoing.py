"""Take back what an import did, last first: entries are reversed, masters restored or taken out. All of it, or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction

from traceability import changes, ledger
from traceability.ledger import Refusal
from traceability.models import Entry, ImportRecord

if TYPE_CHECKING:
    from traceability.models import Import, Person


class InUse(Refusal):
    code = "import_in_use"


def undo_records(source: Import, *, actor: Person, key: str) -> None:
    """Raises InUse, or the ledger's own refusal, naming what stands in the way."""
    with transaction.atomic(), changes.noting(actor=actor, reason=f"Import {source.number} undone"):
        for record in source.records.order_by("-pk").iterator(chunk_size=2_000):
            if record.model == Entry._meta.label_lower:
                entry = Entry.objects.get(pk=record.key)
                ledger.reverse(
                    entry,
                    reason=f"Import {source.number} undone",
                    actor=actor,
                    client="import",
                    key=f"{key}/{entry.seq}",
                )
            else:
                _take_back(source, record)


def _take_back(source: Import, record: ImportRecord) -> None:
    model = apps.get_model(record.model)
    noun = model._default_manager.filter(pk=record.key).first()
    if noun is None:
        return
    if record.before is None:
        try:
            with transaction.atomic():
                noun.delete()
        except (models.ProtectedError, models.RestrictedError) as error:
            users = {str(other._meta.verbose_name) for other in error.args[1]}
            raise InUse(
                f"{noun} is in use.", f"It has a {', a '.join(sorted(users)[:3])}.", "Take that away first, or keep the import.", fields={"row": record.row}
            ) from error  # fmt: skip
        return
    now = {name: as_kept(getattr(noun, name)) for name in record.after}
    if now != record.after:
        changed = next(name for name in now if now[name] != record.after[name])
        raise InUse(
            f"{noun} was changed since.", f"Its {changed.replace('_', ' ')} is not what {source.number} wrote.", "Change it back by hand.", fields={"row": record.row}
        )  # fmt: skip
    for name, value in record.before.items():
        field: Any = model._meta.get_field(name)
        setattr(noun, field.attname, value if field.is_relation else field.to_python(value))
    noun.save(update_fields=list(record.before))


def as_kept(value: Any) -> Any:
    """A field's value as JSON keeps it."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, models.Model):
        return value.pk
    if isinstance(value, list):
        return list(value)
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)
