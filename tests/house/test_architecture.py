"""The shape of the house: who may know whom, and what nobody does."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from traceability.config import paths

APPS = ["traceability", "receiving", "qc", "production", "shipping", "recalls"]
SIBLINGS = APPS[1:]


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders or APPS:
        yield from sorted((paths.ROOT / folder).rglob("*.py"))


def where(path: Path, node: ast.AST | None = None) -> str:
    return f"{path.relative_to(paths.ROOT)}:{getattr(node, 'lineno', 1)}"


def test_the_import_contracts_hold():
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=paths.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("app", SIBLINGS)
def test_every_app_says_what_it_posts_and_what_it_never_does(app):
    said = ast.get_docstring(ast.parse((paths.ROOT / app / "__init__.py").read_text()))
    assert said
    assert "Posts:" in said
    assert "Never:" in said


def test_there_are_no_signals():
    """A signal is a call that cannot be read at the place that makes it."""
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            module = getattr(node, "module", None) or ""
            if isinstance(node, ast.ImportFrom) and (
                module.startswith("django.dispatch") or module.endswith(".signals")
            ):
                found.append(where(path, node))
    assert found == []


def test_no_model_hides_work_in_save_or_delete():
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                found += [
                    where(path, part)
                    for part in node.body
                    if isinstance(part, ast.FunctionDef) and part.name in {"save", "delete"}
                ]
    assert found == []


def test_no_room_for_odds_and_ends():
    names = {"utils.py", "helpers.py", "constants.py", "misc.py", "common.py", "signals.py", "selectors.py"}
    assert [where(path) for path in sources() if path.name in names] == []


def test_no_float_is_a_quantity():
    found = [
        where(path, node)
        for path in sources()
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and getattr(node.value.func, "attr", "") == "FloatField"
        # How long a thing took is measured, not counted.
        and [getattr(target, "id", "") for target in node.targets] != ["seconds"]
    ]
    assert found == []


def test_nothing_on_the_books_cascades_away():
    """History that disappears with its subject is no history."""
    found = [
        where(path, node)
        for path in sources()
        if "migrations" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "CASCADE"
    ]
    assert found == []


def test_migrations_are_named_for_what_they_do():
    assert [
        where(path) for path in sources() if path.parent.name == "migrations" and "_auto_" in path.name
    ] == []


def test_the_top_level_is_as_given():
    given = set(APPS) | {"manage.py", "templates", "static", "tests", "docs", "pyproject.toml", "uv.lock"}
    given |= {"docker-compose.yml", "Dockerfile", "README.md", "LICENSE", "CHANGELOG.md"}
    there = {path.name for path in paths.ROOT.iterdir() if not path.name.startswith(".")}
    assert there - given <= {"__pycache__"}


def test_templates_have_no_inline_script_or_style_block():
    """The content security policy would refuse them in the browser; here it is said earlier."""
    found = []
    for path in sorted((paths.ROOT / "templates").rglob("*.html")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            lower = line.lower()
            inline = "<script" in lower and "src=" not in lower and "application/json" not in lower
            handler = any(
                f" {event}=" in lower for event in ("onclick", "onload", "onchange", "onsubmit", "onerror")
            )
            if inline or handler or "hx-on" in lower:
                found.append(f"{path.relative_to(paths.ROOT)}:{number}")
    assert found == []
