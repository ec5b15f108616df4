"""The compose files and their image are consistent, as far as that shows without Docker."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from compose_spec import PyCompose
from prefect.settings import Settings
from ruamel.yaml import YAML
from typer.main import get_command

from tools.link_tree import rooms
from vouch.cli import app
from vouch.pipeline.context.settings_loader import read_settings

ROOT = Path(__file__).parent.parent


def load(name: str) -> dict:
    """Load a compose file with the defaults of its variables."""
    text = (ROOT / name).read_text("utf-8")
    return YAML(typ="safe").load(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))


COMPOSE, CLUSTER = load("compose.yaml"), load("compose.cluster.yaml")


def beside(services: dict[str, dict], additions: dict[str, dict]) -> dict[str, dict]:
    """Return the services as `docker compose -f … -f …` merges them."""
    merged = {name: dict(service) for name, service in services.items()}
    for name, service in additions.items():
        present = merged.setdefault(name, {})
        for key, value in service.items():
            if key == "volumes":
                targets = {mount.split(":")[1] for mount in value}
                kept = [
                    mount for mount in present.get(key, []) if mount.split(":")[1] not in targets
                ]
                present[key] = [*kept, *value]
            else:
                present[key] = (
                    {**present.get(key, {}), **value} if isinstance(value, dict) else value
                )
    return merged


SERVICES: dict[str, dict] = COMPOSE["services"]
MERGED = beside(SERVICES, CLUSTER["services"])
OURS = [name for name, service in SERVICES.items() if service["image"] == "vouch"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
COPIED = {
    line[1:]
    for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    if line.startswith("!")
}


@pytest.mark.parametrize("name", ["compose.yaml", "compose.cluster.yaml"])
def test_the_file_is_one_of_the_compose_specification(name: str):
    file = load(name)
    assert set(PyCompose.from_json(json.dumps(file)).service_names()) == set(file["services"])


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
    no_secrets = {"AWS_ACCESS_KEY_ID", "S3_ACCESS_KEY", "VOUCH_CLUSTER_KEY"}  # names and a path
    secrets = [
        value
        for service in MERGED.values()
        for name, value in service.get("environment", {}).items()
        if re.search("PASSWORD|SECRET|TOKEN|KEY|AUTH", name) and name not in no_secrets
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
    for service in MERGED.values():
        for name, dependency in service.get("depends_on", {}).items():
            condition = dependency["condition"]
            assert (condition == "service_healthy") == ("healthcheck" in MERGED[name])
            assert (condition == "service_completed_successfully") == (
                MERGED[name]["restart"] == "no"
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
    assert {name.partition("/")[0] for name in prerequisites[1].split()} <= COPIED


def test_the_image_installs_as_the_makefile_does():
    def installs(text: str) -> list[str]:
        commands = re.findall(r"pip install ([^&\n]+)", text.split("\nlock:")[0])
        return [command.replace("$$", "$").strip(" \\") for command in commands]

    assert installs(DOCKERFILE) == installs(MAKEFILE)


def test_the_image_runs_without_privileges_and_without_telemetry():
    assert re.findall(r"^USER (\w+)", DOCKERFILE, re.M) == ["vouch"]
    assert "no-new-privileges:true" in COMPOSE["x-vouch"]["security_opt"]
    assert "PREFECT_SERVER_ANALYTICS_ENABLED=false" in DOCKERFILE


# The cluster beside it


def test_the_cluster_adds_services_and_publishes_no_port():
    added = set(MERGED) - set(SERVICES)
    assert added == {"object-store", "certificates", "scheduler", "cluster-worker"}
    assert not any("ports" in MERGED[name] or "build" in MERGED[name] for name in added)
    assert MERGED["certificates"]["command"] == ["make", "certificates"]
    assert re.search(r"^certificates: ##", MAKEFILE, re.M)
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name, command in (("scheduler", "scheduler"), ("cluster-worker", "worker")):
        assert MERGED[name]["command"][:2] == ["vouch", command]
        assert command in commands


def test_members_of_the_cluster_start_again_and_meet_by_tls():
    host = re.fullmatch(r"tls://0\.0\.0\.0:(\d+)", MERGED["scheduler"]["command"][2])
    assert host
    address = f"tls://scheduler:{host[1]}"
    assert MERGED["cluster-worker"]["command"][2] == address
    assert {MERGED[name]["restart"] for name in ("scheduler", "cluster-worker")} == {"always"}
    options = {
        parameter.envvar: parameter.name
        for command in ("scheduler", "worker")
        for parameter in get_command(app).commands[command].params  # type: ignore[attr-defined]
        if parameter.envvar
    }
    members = [MERGED["scheduler"]["environment"], MERGED["cluster-worker"]["environment"]]
    run = YAML(typ="safe").load(ROOT / "deploy/compose/vouch.yaml")["run"]["cluster"]
    assert run == {"scheduler": address} | {
        option: members[0][variable] for variable, option in options.items()
    }
    assert all(set(options) <= set(member) for member in members)


def test_every_member_has_the_certificate_and_what_the_settings_name():
    settings = (ROOT / "deploy/compose/vouch.yaml").read_text("utf-8")
    named = set(re.findall(r"\$\{(\w+)\}", settings))
    for name in ("worker", "cluster-worker"):
        assert named <= set(MERGED[name]["environment"]), name
        mounts = {mount.split(":")[1]: mount for mount in MERGED[name]["volumes"]}
        assert mounts["/vouch/certificates"].endswith(":ro")
        assert mounts["/vouch/data/sample"].endswith(":ro")
    for name in ("worker", "deploy"):
        assert "./deploy/compose/vouch.yaml:/vouch/vouch.yaml:ro" in MERGED[name]["volumes"]
    writers = [
        name for name, service in MERGED.items()
        if "certificates:/vouch/certificates" in service.get("volumes", [])
    ]  # fmt: skip
    assert writers == ["certificates"]
    used = {mount.split(":")[0] for each in MERGED.values() for mount in each.get("volumes", [])}
    assert {name for name in used if name[0] != "."} == {*COMPOSE["volumes"], *CLUSTER["volumes"]}


def test_the_settings_of_the_cluster_are_read(monkeypatch, tmp_path: Path):
    # No words of a message: what is filled in is masked from then on.
    monkeypatch.setenv("S3_ACCESS_KEY", "access-key-of-tests")
    monkeypatch.setenv("S3_SECRET_KEY", "secret-key-of-tests")
    (tmp_path / "data/sample/documents").mkdir(parents=True)
    file = tmp_path / "vouch.yaml"
    file.write_text((ROOT / "deploy/compose/vouch.yaml").read_text("utf-8"))
    read = read_settings(file)
    assert not read.index_location.is_local
    assert not read.work_location.is_local
    assert read.settings.run.cluster is not None


def test_make_certificates_makes_a_pair_once(tmp_path: Path):
    command = ["make", "--silent", "-f", str(ROOT / "Makefile"), "certificates"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    key = tmp_path / "certificates/key.pem"
    content = key.read_bytes()
    assert key.stat().st_mode & 0o077 == 0
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert key.read_bytes() == content
    assert (tmp_path / "certificates/certificate.pem").read_text().startswith("-----BEGIN CERT")
