"""The compose file and its image are consistent, as far as that shows without Docker."""

import re
from pathlib import Path

import pytest
from prefect.settings import Settings
from ruamel.yaml import YAML

from tools.link_tree import rooms

ROOT = Path(__file__).parent.parent
COMPOSE = YAML(typ="safe").load(ROOT / "compose.yaml")
SERVICES: dict[str, dict] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "vouch"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COPIED = {
    line[1:]
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    if line.startswith("!")
}


def test_services_run_targets_of_the_makefile():
    commands = {name: SERVICES[name]["command"] for name in OURS}
    targets = [command[1] for command in commands.values() if command[0] == "make"]
    assert sorted(targets) == ["deploy", "server", "worker"]
    for target in targets:
        assert re.search(rf"^{target}: env ##", MAKEFILE, re.M), target
    assert commands["reports"][:3] == ["python", "-m", "http.server"]


def test_the_image_is_built_by_one_service_with_every_argument():
    assert [name for name, service in SERVICES.items() if "build" in service] == ["server"]
    arguments = set(re.findall(r"^ARG (\w+)", DOCKERFILE, re.M))
    assert set(SERVICES["server"]["build"]["args"]) == arguments
    assert re.fullmatch(r"postgres:\d+", SERVICES["postgres"]["image"])


def test_ports_are_bound_to_the_loopback_address():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(ports) == ["127.0.0.1:4200:4200", "127.0.0.1:4201:4201"]


def test_secrets_come_from_the_environment_and_have_no_default():
    secrets = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|TOKEN|KEY|AUTH", name)
    ]
    assert secrets
    for secret in secrets:
        assert re.fullmatch(r"(vouch:)?\$\{\w+:\?[^}]+\}", secret), secret


def test_every_client_of_prefect_has_the_login_that_its_server_requires():
    required = SERVICES["server"]["environment"]["PREFECT_SERVER_API_AUTH_STRING"]
    clients = {
        name: service["environment"]
        for name, service in SERVICES.items()
        if "PREFECT_API_URL" in service.get("environment", {})
    }
    assert sorted(clients) == ["deploy", "worker"]
    assert {client["PREFECT_API_AUTH_STRING"] for client in clients.values()} == {required}


def test_services_wait_for_conditions_that_can_be_met():
    for service in SERVICES.values():
        for name, dependency in service.get("depends_on", {}).items():
            condition = dependency["condition"]
            assert (condition == "service_healthy") == ("healthcheck" in SERVICES[name])
            assert (condition == "service_completed_successfully") == (
                SERVICES[name]["restart"] == "no"
            )


def test_data_is_in_named_volumes_and_everything_else_is_mounted_read_only():
    mounts = {
        name: service["volumes"] for name, service in SERVICES.items() if "volumes" in service
    }
    named = {
        mount.split(":")[0]
        for service_mounts in mounts.values()
        for mount in service_mounts
        if not mount.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])
    client_mounts = [*mounts["deploy"], *mounts["worker"], *mounts["reports"]]
    writable = [mount for mount in client_mounts if not mount.endswith(":ro")]
    assert writable == ["data:/vouch/data"]


def test_prefect_finds_its_database_whatever_the_password_contains(
    monkeypatch: pytest.MonkeyPatch,
):
    for name, value in SERVICES["server"]["environment"].items():
        monkeypatch.setenv(name, "a@b:c/d" if "PASSWORD" in name else str(value))
    monkeypatch.delenv("PREFECT_API_DATABASE_CONNECTION_URL", raising=False)
    server = Settings().server
    assert server.database.connection_url
    assert (
        server.database.connection_url.get_secret_value()
        == "postgresql+asyncpg://prefect:a%40b%3Ac%2Fd@postgres:5432/prefect"
    )
    assert (server.api.host, server.ui.api_url) == ("0.0.0.0", "http://127.0.0.1:4200/api")


def test_the_image_holds_every_room_and_nothing_private():
    assert {"vouch", "setup.py", *rooms()} <= COPIED
    assert [name for name in COPIED if not (ROOT / name).exists()] == []
    assert not COPIED & {".env", "vouch.env", ".git", "data", "tests"}


def test_the_image_holds_every_prerequisite_of_its_make_targets():
    # Where one is missing, `make worker` stops: "No rule to make target".
    prerequisites = re.search(r"^\.venv/\.installed: (.+)$", MAKEFILE, re.M)
    assert prerequisites is not None
    assert set(prerequisites[1].split()) <= COPIED


def test_the_image_installs_as_the_makefile_does():
    def installs(text: str) -> list[str]:
        commands = re.findall(r"pip install ([^&\n]+)", text.split("\nlock:")[0])
        return [command.replace("$$", "$").strip(" \\") for command in commands]

    assert installs(DOCKERFILE) == installs(MAKEFILE)


def test_the_image_runs_without_privileges_and_without_telemetry():
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.M) == ["vouch"]
    assert "no-new-privileges:true" in COMPOSE["x-vouch"]["security_opt"]
    assert "PREFECT_SERVER_ANALYTICS_ENABLED=false" in DOCKERFILE
