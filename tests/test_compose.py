"""What can be told of compose.yaml and its image where there is no Docker: it names only what exists, opens and tells nothing."""

import re
import tomllib
from pathlib import Path

import pytest
from prefect.settings import Settings
from ruamel.yaml import YAML

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


def test_each_service_runs_what_exists():
    told = {name: SERVICES[name]["command"] for name in OURS}
    targets = [command[1] for command in told.values() if command[0] == "make"]
    assert [
        target for target in targets if not re.search(rf"^{target}: env ##", MAKEFILE, re.M)
    ] == []
    assert sorted(targets) == ["deploy", "server", "worker"]
    assert told["reports"][:3] == ["python", "-m", "http.server"]


def test_every_image_is_made_or_fetched_and_ours_is_made_once():
    assert [name for name, service in SERVICES.items() if "build" in service] == ["server"]
    assert set(SERVICES["server"]["build"]["args"]) == set(
        re.findall(r"^ARG (\w+)", DOCKERFILE, re.M)
    )
    assert re.fullmatch(r"postgres:\d+", SERVICES["postgres"]["image"])


def test_ports_are_open_to_this_machine_alone():
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert sorted(ports) == ["127.0.0.1:4200:4200", "127.0.0.1:4201:4201"]


def test_secrets_come_from_the_environment_and_have_no_default():
    told = {
        name: value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    }
    secrets = [
        value for name, value in told.items() if re.search("PASSWORD|SECRET|TOKEN|KEY", name)
    ]
    assert secrets
    assert [secret for secret in secrets if not re.fullmatch(r"\$\{\w+:\?[^}]+\}", secret)] == []


def test_each_service_waits_for_what_can_come_true():
    for service in SERVICES.values():
        for name, how in service.get("depends_on", {}).items():
            assert (how["condition"] == "service_healthy") == ("healthcheck" in SERVICES[name])
            assert (how["condition"] == "service_completed_successfully") == (
                SERVICES[name]["restart"] == "no"
            )


def test_data_outlives_containers_and_documents_are_only_read():
    mounts = {
        name: service["volumes"] for name, service in SERVICES.items() if "volumes" in service
    }
    named = {
        mount.split(":")[0]
        for found in mounts.values()
        for mount in found
        if not mount.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])
    ours = [*mounts["deploy"], *mounts["worker"], *mounts["reports"]]
    assert [mount for mount in ours if not mount.endswith(":ro")] == ["data:/vouch/data"]


def test_prefect_finds_its_database_with_any_password(monkeypatch: pytest.MonkeyPatch):
    for name, value in SERVICES["server"]["environment"].items():
        monkeypatch.setenv(name, "a@b:c/d" if "PASSWORD" in name else str(value))
    monkeypatch.delenv("PREFECT_API_DATABASE_CONNECTION_URL", raising=False)
    found = Settings().server
    assert found.database.connection_url
    assert (
        found.database.connection_url.get_secret_value()
        == "postgresql+asyncpg://prefect:a%40b%3Ac%2Fd@postgres:5432/prefect"
    )
    assert (found.api.host, found.ui.api_url) == ("0.0.0.0", "http://127.0.0.1:4200/api")


def test_the_image_holds_all_rooms_and_only_what_is_kept_in_git():
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"][
        "packages"
    ]
    assert {package.split(".")[0] for package in packages} <= COPIED
    assert [name for name in COPIED if not (ROOT / name).exists()] == []
    assert not COPIED & {".env", "vouch.env", ".git", "data", "tests"}


def test_the_image_installs_as_the_makefile_does():
    def installs(text: str) -> list[str]:
        found = re.findall(r"pip install ([^&\n]+)", text.split("\nlock:")[0])
        return [one.replace("$$", "$").strip(" \\") for one in found]

    assert installs(DOCKERFILE) == installs(MAKEFILE)


def test_the_image_runs_as_somebody_with_no_rights_and_calls_nobody():
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.M) == ["vouch"]
    assert "no-new-privileges:true" in COMPOSE["x-vouch"]["security_opt"]
    assert "PREFECT_SERVER_ANALYTICS_ENABLED=false" in DOCKERFILE
