"""What README tells a person to type is typed in a test."""

import re

from traceability.config import paths

# Command (without options' values) → the test that types it, or what it is itself.
TYPED_IN = {
    "python3 manage.py demo": "tests/house/test_processes.py",
    "python3 manage.py demo --reset": "tests/house/test_commands.py",
    "python3 manage.py demo --check": ".ci/run",
    "python3 manage.py demo --port": "tests/house/test_processes.py",
    "python3 manage.py test": ".ci/run",
    "python3 manage.py test --slow": "traceability/config/testing.py",
    "python3 manage.py test --pg": ".ci/run",
    "python3 manage.py migrate": "tests/house/test_commands.py",
    "python3 manage.py verify_ledger": "tests/house/test_commands.py",
    "python3 manage.py issue_api_token": "tests/api/test_tokens.py",
    "python3 manage.py issue_api_token --name": "tests/api/test_tokens.py",
    "python3 manage.py issue_api_token --scope": "tests/api/test_tokens.py",
    "python3 manage.py check --deploy": "tests/house/test_commands.py",
}


def commands() -> list[str]:
    readme = paths.ROOT / "README.md"
    if not readme.exists():
        return []
    fenced = re.findall(r"^```[a-z]*\n(.*?)^```", readme.read_text(), flags=re.MULTILINE | re.DOTALL)
    lines = [line.strip().removeprefix("$ ") for block in fenced for line in block.splitlines()]
    return [line.split("#")[0].strip() for line in lines if line.startswith("python3 manage.py")]


def known(command: str) -> bool:
    """``manage.py test tests/ledger -k x`` is ``manage.py test``: an option counts, a value does not."""
    words = command.split()
    options = [word.split("=")[0] for word in words[3:] if word.startswith("--")]
    return all(f"{' '.join(words[:3])} {option}" in TYPED_IN for option in options) and (
        bool(options) or " ".join(words[:3]) in TYPED_IN
    )


def test_every_command_of_the_readme_is_typed_somewhere():
    assert [command for command in commands() if not known(command)] == []


def test_the_places_exist():
    assert [place for place in TYPED_IN.values() if not (paths.ROOT / place).exists()] == []
