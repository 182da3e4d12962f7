"""Master data over HTTP: a body becomes what its form would have sent, so that page and API check and keep with the same words.

    class ItemViewSet(Makes, Edits):
        new, body = NewItem, ItemChange          # NewItem: a `NewMaster` with `sheet = ITEM`

What a body does not name stays as it is; of a list (units, contacts) the rows that it does not name go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404

from traceability import masters
from traceability.api.bodies import Body, ReasonBody, Words, YesNo
from traceability.api.editing import Edits, Makes
from traceability.api.verbs import Call, Verb
from traceability.forms.base import MasterForm, Rows


class Reasoned(Body):
    """What every change says beside itself."""

    reason = Words(max_length=500, required=False, help_text="Why it is changed; needed for a change.")
    confirm_alike = YesNo(
        required=False, help_text="True: the code looks like another one on purpose, see `bad_input`."
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that belong to a record: their name in the body, their form set, and what a row is told by."""

    name: str
    rows: Any
    told_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One kind of record: its form, its parts, and the service that keeps it."""

    kind: str
    form: type[MasterForm]
    parts: Sequence[Part] = ()
    keep: Callable[..., Any] = masters.keep
    right: str = "traceability.change_masters"
    # A reference in a body, an id or a code → what the form takes for it.
    names: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)

    def kept(self, said: dict[str, Any], *, call: Call, noun: Any = None) -> Any:
        """Keep what was said of a new record, or of this one. Raises what its service raises."""
        said = dict(said)
        reason = said.pop("reason", "")
        given = {part.name: said.pop(part.name) for part in self.parts if part.name in said}
        for name, meant in self.names.items():
            if said.get(name) is not None:
                said[name] = meant(said[name])
        before = self.form(instance=noun)
        data = {name: _as_sent(before[name].value()) for name in before.fields}
        self._is_free(before, said)
        data |= {name: _as_sent(value) for name, value in said.items()}
        for part in self.parts:
            data |= _rows(part, noun, given.get(part.name))
        form = self.form(data, instance=noun)
        parts = [part.rows(data, instance=form.instance, prefix=part.name) for part in self.parts]
        return self.keep(
            kind=self.kind, form=form, parts=parts, actor=call.actor, reason=reason, right=self.right
        )

    def _is_free(self, form: MasterForm, said: dict[str, Any]) -> None:
        """A form leaves what is fixed as it is; whoever sends it all the same is told."""
        fixed = {
            name: "This is fixed by now: the ledger rests on it."
            for name, value in said.items()
            if name in form.fields
            and form.fields[name].disabled
            and _as_sent(value) != _as_sent(form[name].value())
        }
        if fixed:
            raise masters.FieldsRefused(fixed)


class NewMaster(Verb):
    # No docstring: it would describe every list in OpenAPI.

    kept: ClassVar[Kept]
    most_rows = 500

    rows: ClassVar[Any]

    def act(self, call: Call) -> Any:
        return self.rows.get(pk=self.kept.kept(call.body, call=call).pk)


class Masters(Makes, Edits):
    # No docstring: it would describe every list in OpenAPI.

    kept: ClassVar[Kept]

    def change(self, call: Call, noun: Any) -> Any:
        self.kept.kept(call.body, call=call, noun=noun)
        return self.get_queryset().get(pk=noun.pk)


class RetireBody(ReasonBody):
    reason = Words(max_length=500)
    anyway = YesNo(required=False, default=False, help_text="True: although it is still in use.")


class Retiring(Verb):
    # No docstring: it would describe every verb in OpenAPI.

    required_right = {"POST": "traceability.change_masters"}
    body = RetireBody
    kept: ClassVar[Kept]
    rows: ClassVar[Any]
    is_active = False

    def act(self, call: Call, pk: int) -> Any:
        noun = get_object_or_404(self.rows.all(), pk=pk)
        told = {"kind": self.kept.kind, "noun": noun, "right": self.kept.right}
        masters.retire(**told, is_active=self.is_active, actor=call.actor, **call.body)
        return self.rows.get(pk=pk)


def _rows(part: Part, noun: Any, given: list[dict[str, Any]] | None) -> dict[str, Any]:
    """The rows of a part as its form set would have sent them. None: as they are."""
    rows: Rows = part.rows(instance=noun, prefix=part.name)
    standing = {str(_as_sent(form[part.told_by].value())): form for form in rows.initial_forms}
    data: dict[str, Any] = {}
    number = 0
    wanted = {str(_as_sent(row.get(part.told_by))): row for row in given or []}
    if given is not None and len(wanted) != len(given):
        raise masters.FieldsRefused({part.name: f"Two rows have the same {part.told_by}."})
    for name, form in standing.items():
        prefix = f"{part.name}-{number}-"
        data |= {prefix + one: _as_sent(form[one].value()) for one in form.fields if one != "DELETE"}
        data[f"{prefix}id"] = form.instance.pk
        if given is not None and name not in wanted:
            data[f"{prefix}DELETE"] = True
        data |= {prefix + one: _as_sent(value) for one, value in wanted.pop(name, {}).items()}
        number += 1
    first = number
    blank = rows.empty_form
    for row in wanted.values():
        prefix = f"{part.name}-{number}-"
        data |= {
            prefix + one: _as_sent(blank[one].value()) for one in blank.fields if one not in ("DELETE", "id")
        }
        data |= {prefix + one: _as_sent(value) for one, value in row.items()}
        number += 1
    return data | {f"{part.name}-TOTAL_FORMS": str(number), f"{part.name}-INITIAL_FORMS": str(first)}  # fmt: skip


def _as_sent(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return list(value)
    return value if isinstance(value, bool | str) else f"{value}"
