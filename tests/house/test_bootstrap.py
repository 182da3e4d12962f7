"""``manage.py`` runs before anything is installed."""

import ast
import os
import subprocess
import sys

import pytest

from traceability.config import paths

# What runs before the packages are there, or without them.
BARE = [
    "manage.py",
    "traceability/config/paths.py",
    "traceability/config/pango.py",
    "traceability/embedded/child.py",
]


@pytest.mark.parametrize("name", BARE)
def test_it_needs_the_standard_library_only(name):
    tree = ast.parse((paths.ROOT / name).read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            imported.add(node.module.split(".")[0])
    # manage.py goes on to the command line, once it is inside the environment.
    assert imported - sys.stdlib_module_names <= ({"traceability"} if name == "manage.py" else set())


def test_manage_imports_the_project_only_inside_main():
    tree = ast.parse((paths.ROOT / "manage.py").read_text())
    at_the_top = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert not any(module and module.startswith("traceability") for module in at_the_top)


def test_an_old_python_is_told_so():
    text = (paths.ROOT / "manage.py").read_text()
    assert "needs Python 3.11 or later" in text
    ast.parse(text, feature_version=(3, 8))  # The sentence can only be said if the file can be read.


def test_the_environment_follows_the_lock(monkeypatch, tmp_path):
    import manage

    monkeypatch.setattr(manage, "STAMP", tmp_path / "stamp")
    assert not manage.is_installed()
    (tmp_path / "stamp").write_text("another lock")
    assert not manage.is_installed()


def test_the_tools_of_tests_stay_once_fetched(monkeypatch, tmp_path):
    import manage

    monkeypatch.setattr(manage, "STAMP", tmp_path / "stamp")
    monkeypatch.delenv("LOTLINE_DEV", raising=False)
    monkeypatch.setattr(sys, "argv", ["manage.py", "demo"])
    assert manage.groups() == ["embedded"]
    monkeypatch.setattr(sys, "argv", ["manage.py", "test"])
    assert manage.groups() == ["dev", "embedded"]
    (tmp_path / "stamp").write_text(manage.wanted())
    monkeypatch.setattr(sys, "argv", ["manage.py", "demo"])
    assert manage.groups() == ["dev", "embedded"]


def test_a_command_that_fails_says_so_to_the_shell():
    done = subprocess.run(
        [sys.executable, "manage.py", "no_such_command"],
        cwd=paths.ROOT,
        env={**os.environ},
        capture_output=True,
    )
    assert done.returncode != 0


def test_no_python_version_file():
    """It would make uv choose another Python than the one that runs."""
    assert not (paths.ROOT / ".python-version").exists()
