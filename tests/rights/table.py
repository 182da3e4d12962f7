"""The rights matrix read from its files: rows (actions.yaml) and routes (routes/*.yaml)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from traceability.roles import ADMINISTRATOR, INTEGRATION, LABELS, SCOPES

HERE = Path(__file__).parent
PEOPLE = tuple(role for role in LABELS if role != INTEGRATION)
# Routes that ask for no right of the table.
ANYBODY, SIGNED_IN, ANY_ROLE = "anybody", "signed in", "any role"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True)
class Action:
    name: str
    row: int
    says: str
    rights: tuple[str, ...]
    may: frozenset[str]
    scope: frozenset[str]
    second: str = ""
    people: bool = False


@dataclass(frozen=True)
class Route:
    """One address with the rows that open it, by method. `at` names what stands in the address, `sends` what a form carries."""

    name: str
    opens: dict[str, tuple[str, ...]]
    at: dict[str, Any] = field(default_factory=dict)
    sends: dict[str, Any] = field(default_factory=dict)
    is_api: bool = False
    misses: bool = (
        False  # The form names something more, which is not there: 404 for who may, 403 for the rest.
    )
    also: str = ""  # A row that is needed besides: one that opens what the address is about.
    whole: bool = False  # Only for who sees every site: nothing can be left out of what it shows.

    @property
    def subject(self) -> str:
        """What the address is about, or what is sent names; empty for a list or a form."""
        named = [*self.at.values(), *self.sends.values()]
        return next((str(what) for what in named if is_subject(what)), "")

    def may(self, method: str, role: str) -> bool:
        """May somebody of one site with this role and a session? The integration has none; nobody without a role gets in."""
        return not self.whole and self.may_everywhere(method, role)

    def may_everywhere(self, method: str, role: str) -> bool:
        if self.also and role not in actions()[self.also].may:
            return False
        for name in self.opens[method]:
            if name in (ANYBODY, SIGNED_IN) or (name == ANY_ROLE and role in PEOPLE):
                return True
            if name not in (ANY_ROLE,) and role in actions()[name].may:
                return True
        return False

    def may_token(self, method: str, role: str, scopes: frozenset[str]) -> bool:
        """May a program with a token of these scopes, given to somebody of one site with this role?"""
        if self.whole:
            return False
        if self.also and not (
            actions()[self.also].scope & scopes and (role == INTEGRATION or role in actions()[self.also].may)
        ):
            return False
        for name in self.opens[method]:
            if name in (ANYBODY, SIGNED_IN):
                return True
            if name == ANY_ROLE or actions()[name].people:
                continue
            action = actions()[name]
            if action.scope & scopes and (role == INTEGRATION or role in action.may):
                return True
        return False


def is_subject(what: Any) -> bool:
    """A literal in an address is a number, or text that begins with =."""
    return isinstance(what, str) and not what.startswith("=")


@cache
def actions() -> dict[str, Action]:
    rows = _read("actions.yaml")
    known = {"row", "says", "rights", "may", "scope", "second", "people"}
    found = {}
    for name, row in rows.items():
        assert set(row) <= known, f"actions.yaml, {name}: there is no {set(row) - known}"
        assert set(row["may"]) <= {*PEOPLE}, f"actions.yaml, {name}: {row['may']} are not all roles"
        scope = frozenset(row.get("scope", ()))
        assert scope <= set(SCOPES), (
            f"actions.yaml, {name}: {set(scope) - set(SCOPES)} is no scope of roles.py"
        )
        found[name] = Action(
            name, row["row"], row["says"], tuple(row["rights"]), frozenset(row["may"]), scope, row.get("second", ""), row.get("people", False)
        )  # fmt: skip
    return found


@cache
def routes() -> dict[str, Route]:
    """Every route by its name: a page by its url name, an address of the API by its path."""
    found: dict[str, Route] = {}
    for path in sorted((HERE / "routes").glob("*.yaml")):
        for name, row in _read(path.relative_to(HERE)).items():
            assert name not in found, f"{path.name}: {name} stands in two places"
            opens = {method: _names(row[method]) for method in METHODS if method in row}
            wrong = {one for names in opens.values() for one in names} - {
                *actions(),
                ANYBODY,
                SIGNED_IN,
                ANY_ROLE,
            }
            assert not wrong, f"{path.name}, {name}: actions.yaml has no row {', '.join(sorted(wrong))}"
            unknown = set(row) - {*METHODS, "at", "sends", "also", "whole", "misses"}
            assert not unknown, f"{path.name}, {name}: {unknown} is no method"
            found[name] = Route(
                name,
                opens,
                row.get("at", {}),
                row.get("sends", {}),
                is_api=name.startswith("/"),
                misses=row.get("misses", False),
                also=row.get("also", ""),
                whole=row.get("whole", False),
            )
    return found


def pages() -> list[Route]:
    return [route for route in routes().values() if not route.is_api]


def addresses() -> list[Route]:
    return [route for route in routes().values() if route.is_api]


def roles_with(right: str) -> Iterator[str]:
    from traceability.roles import GRANTS

    yield from (role for role, rights in GRANTS.items() if right in rights)


def as_page() -> str:
    """The table for people: docs/rights.md. Make it anew with `python3 manage.py test -q tests/rights/test_matrix.py --write-rights`."""
    heads = [LABELS[role] for role in PEOPLE]
    lines = [
        "# Who may do what",
        "",
        "Made from `tests/rights/actions.yaml`, which a test holds against every page and every address of the API.",
        "**Y** may, at one's own sites · **2** needs a second, different person as well · a scope in the last column opens it to a",
        "program with a token of that scope. Whatever is not in the table is denied to everybody. Anonymous visitors see the log-in",
        "page, the password reset and the health checks.",
        "",
        f"| # | Action | {' | '.join(heads)} | A program |",
        f"|---|---|{'---|' * (len(heads) + 1)}",
    ]
    for action in sorted(actions().values(), key=lambda action: action.row):
        mark = "2" if action.second else "Y"
        cells = [mark if role in action.may else "–" for role in PEOPLE]
        program = ", ".join(f"`{scope}`" for scope in sorted(action.scope)) or "–"
        lines.append(f"| {action.row} | {action.says} | {' | '.join(cells)} | {program} |")
    lines += [
        "",
        "One person may hold several roles. Separation of duties compares persons, not roles: who received or made a lot does not decide",
        "on it, and the second person is somebody else. Nobody changes their own roles or sites.",
        "",
    ]
    return "\n".join(lines)


def _names(value: Any) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else (value,)


def _read(name: Any) -> dict[str, Any]:
    """YAML, refusing a key twice: the reader would keep the last and say nothing."""

    class Once(yaml.SafeLoader):
        pass

    def mapping(loader: Any, node: Any) -> Any:
        keys = [loader.construct_object(key) for key, _ in node.value]
        twice = {str(key) for key in keys if keys.count(key) > 1}
        assert not twice, f"{name}: {', '.join(sorted(twice))} stands there twice"
        return dict(
            zip(keys, (loader.construct_object(value, deep=True) for _, value in node.value), strict=True)
        )

    Once.add_constructor("tag:yaml.org,2002:map", mapping)
    return dict(yaml.load((HERE / name).read_text(), Once))


__all__ = [
    "ADMINISTRATOR",
    "ANYBODY",
    "ANY_ROLE",
    "PEOPLE",
    "SIGNED_IN",
    "actions",
    "addresses",
    "pages",
    "routes",
]
