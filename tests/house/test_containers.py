"""The image and the compose file, parsed and linted. They are not *run* here: that needs a container engine."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from traceability.config import paths

APP_SERVICES = ["web", "worker", "beat", "migrate"]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((paths.ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def instructions():
    """The Dockerfile as (instruction, rest), continued lines joined, comments left out."""
    text = (paths.ROOT / "Dockerfile").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line.strip()]


def test_hadolint_has_no_complaint():
    program = Path(sys.executable).with_name("hadolint")
    if not program.exists():
        pytest.skip("hadolint has no wheel for this machine")
    done = subprocess.run(
        [program, "--no-color", "Dockerfile"], cwd=paths.ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def rests(instructions, name):
    return [rest for instruction, rest in instructions if instruction == name]


def test_every_instruction_is_one_that_docker_knows(instructions):
    known = {"FROM", "COPY", "RUN", "ENV", "WORKDIR", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "CMD"}
    assert {instruction for instruction, _ in instructions} <= known


def test_every_base_image_names_its_version(instructions):
    images = [rest.split()[0] for rest in rests(instructions, "FROM")]
    images += [part for rest in rests(instructions, "COPY") for part in re.findall(r"--from=(\S+/\S+)", rest)]
    assert images
    assert all(":" in image and not image.endswith(":latest") for image in images)


def test_the_image_runs_without_rights(instructions):
    assert rests(instructions, "USER")[-1] not in {"root", "0"}
    # Nothing after USER needs to be root.
    after = [name for name, _ in instructions]
    assert "RUN" not in after[after.index("USER") :]


def test_the_image_installs_exactly_the_lock_without_tools(instructions):
    sync = next(rest for rest in rests(instructions, "RUN") if "uv sync" in rest)
    assert {"--frozen", "--no-dev", "--no-default-groups"} <= set(shlex.split(sync))


def test_apt_leaves_no_lists_and_recommends_nothing(instructions):
    for rest in rests(instructions, "RUN"):
        if "apt-get install" in rest:
            assert "--no-install-recommends" in rest
            assert "rm -rf /var/lib/apt/lists/*" in rest
            assert "apt-get update" in rest


def test_commands_are_lists_so_that_signals_arrive(instructions):
    for rest in rests(instructions, "CMD"):
        assert isinstance(json.loads(rest), list)
    check = rests(instructions, "HEALTHCHECK")
    assert len(check) == 1
    assert isinstance(json.loads(check[0].split("CMD ", 1)[1]), list)


def test_the_check_of_health_is_python(instructions):
    program = json.loads(rests(instructions, "HEALTHCHECK")[0].split("CMD ", 1)[1])
    compile(program[2], "healthcheck", "exec")


def test_the_image_finds_its_static_files_where_it_put_them(instructions):
    collected = next(rest for rest in rests(instructions, "RUN") if "collectstatic" in rest)
    root = re.search(r"LOTLINE_STATIC_ROOT=(\S+)", collected)
    assert root
    assert any(root.group(0) in rest for rest in rests(instructions, "ENV"))


def test_secrets_and_data_stay_out_of_the_image():
    ignored = (paths.ROOT / ".dockerignore").read_text().split()
    assert {".git", ".data", ".venv", ".env"} <= set(ignored)


def test_all_six_services_are_there(compose):
    assert set(compose["services"]) == {*APP_SERVICES, "postgres", "redis"}


@pytest.mark.parametrize("name", APP_SERVICES)
def test_the_app_runs_read_only_and_without_rights(compose, name):
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


def test_only_the_migration_knows_the_owner(compose):
    knows = [
        name for name in APP_SERVICES if "DATABASE_OWNER_URL" in compose["services"][name]["environment"]
    ]
    assert knows == ["migrate"]
    for name in APP_SERVICES:
        assert "lotline_app" in compose["services"][name]["environment"]["DATABASE_URL"]


def test_everything_waits_for_the_migration(compose):
    for name in ("web", "worker", "beat"):
        assert compose["services"][name]["depends_on"]["migrate"] == {
            "condition": "service_completed_successfully"
        }


def test_whatever_is_waited_for_has_a_check_of_health(compose):
    waited = {
        other
        for service in compose["services"].values()
        for other, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }
    assert waited == {"postgres", "redis"}
    assert all("test" in compose["services"][name]["healthcheck"] for name in waited)


def test_nothing_but_the_web_server_is_reached_from_outside(compose):
    published = {
        name: service["ports"] for name, service in compose["services"].items() if "ports" in service
    }
    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])


def test_no_password_has_a_default():
    text = (paths.ROOT / "docker-compose.yml").read_text()
    for name in (
        "SECRET_KEY",
        "POSTGRES_PASSWORD",
        "LOTLINE_OWNER_PASSWORD",
        "LOTLINE_APP_PASSWORD",
        "REDIS_PASSWORD",
    ):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert uses
        assert all(use.startswith(":?") for use in uses)


def test_the_broker_refuses_rather_than_forgets(compose):
    command = " ".join(compose["services"]["redis"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--requirepass" in command


def test_every_volume_is_declared(compose):
    used = {
        volume.split(":")[0]
        for service in compose["services"].values()
        for volume in service.get("volumes", [])
    }
    assert used == set(compose["volumes"])


def test_postgres_keeps_its_data_on_the_volume(compose):
    """From 18 on the image keeps its data one folder higher; the old path would lose them."""
    postgres = compose["services"]["postgres"]
    assert postgres["image"] == "postgres:18"
    assert postgres["volumes"] == ["database:/var/lib/postgresql"]


def test_the_first_start_makes_both_roles(compose):
    script = compose["configs"]["roles"]["content"]
    assert "CREATE ROLE lotline_owner" in script
    assert "CREATE ROLE lotline_app" in script
    assert "SUPERUSER" not in script
