"""The manifests are valid, and what they name is there, as far as that shows without Kubernetes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from ruamel.yaml import YAML
from typer.main import get_command

from vouch.cli import app
from vouch.pipeline.context.settings_loader import read_settings

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.29", kubernetes_validate.latest_version())
GUIDE = (ROOT / "docs/cluster.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def kustomization(name: str) -> dict[str, Any]:
    return YAML(typ="safe").load(FOLDER / name / "kustomization.yaml")


def manifests(name: str) -> list[dict[str, Any]]:
    """Return the manifests of a kustomization, with those that it builds on."""
    documents = []
    for resource in kustomization(name)["resources"]:
        path = (FOLDER / name / resource).resolve()
        if path.is_dir():
            documents += manifests(path.name)
        else:
            documents += [each for each in YAML(typ="safe").load_all(path) if each]
    return documents


MANIFESTS = manifests("prefect")  # on top of the base


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in MANIFESTS if each["kind"] == kind}


def pods() -> dict[str, dict[str, Any]]:
    """Return the templates of pods by the name of what makes them."""
    templates = {name: each["spec"]["template"] for name, each in of_kind("Deployment").items()}
    for name, each in of_kind("CronJob").items():
        templates[name] = each["spec"]["jobTemplate"]["spec"]["template"]
    return templates


def containers() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    for name, pod in pods().items():
        for container in (*pod["spec"]["containers"], *pod["spec"].get("initContainers", ())):
            yield f"{name}/{container['name']}", container, pod["spec"]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_valid(version: str):
    assert len(MANIFESTS) > 10
    for each in MANIFESTS:
        kubernetes_validate.validate(each, version, strict=True)


def test_every_file_is_part_of_a_kustomization():
    for name in ("base", "prefect"):
        named = {*kustomization(name)["resources"], "kustomization.yaml", "../base"}
        for generated in kustomization(name).get("configMapGenerator", ()):
            named |= set(generated["files"])
        assert {file.name for file in (FOLDER / name).iterdir()} <= named


def test_commands_are_vouchs_or_targets_of_the_makefile():
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for name, container, _ in containers():
        program, *arguments = container["command"]
        assert container["image"] == "vouch", name
        if program == "vouch":
            command = commands[arguments[0]]
            options = {option for each in command.params for option in each.opts}
            assert {word for word in arguments if word.startswith("--")} <= options, name
            variables = {each.envvar for each in command.params if each.envvar}
            assert variables <= {each["name"] for each in container["env"]}, name
        else:
            assert program == "make"
            assert re.search(rf"^{arguments[0]}: .*##", MAKEFILE, re.M), name


def test_nothing_has_privileges_or_writes_to_its_image():
    for name, container, pod in containers():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 1000
        assert pod["automountServiceAccountToken"] is False
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} == set(container["resources"]), name
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}
    assert "useradd --uid 1000 " in (ROOT / "Dockerfile").read_text("utf-8")


def test_every_mount_has_its_volume_and_every_secret_is_made_by_the_guide():
    secrets: set[str] = set()
    for name, container, pod in containers():
        volumes = {volume["name"]: volume for volume in pod["volumes"]}
        assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes), name
        references = [
            *(each["secretRef"]["name"] for each in container.get("envFrom", ())),
            *(
                each["valueFrom"]["secretKeyRef"]["name"]
                for each in container.get("env", ())
                if "valueFrom" in each
            ),
            *(each["secret"]["secretName"] for each in volumes.values() if "secret" in each),
        ]
        secrets |= set(references)
        for volume in volumes.values():
            if "persistentVolumeClaim" in volume:
                claim = volume["persistentVolumeClaim"]["claimName"]
                assert claim in of_kind("PersistentVolumeClaim")
            if "configMap" in volume:
                generated = {each["name"] for each in kustomization("base")["configMapGenerator"]}
                assert volume["configMap"]["name"] in generated
    created = set(re.findall(r"create secret generic (\S+)", GUIDE))
    assert secrets == created == {"vouch-certificate", "vouch-storage", "vouch-prefect"}
    keys = {
        each["valueFrom"]["secretKeyRef"]["key"]
        for _, container, _ in containers()
        for each in container.get("env", ())
        if "valueFrom" in each
    }
    assert keys <= set(re.findall(r"--from-literal=([\w.]+)=", GUIDE))


def test_services_lead_to_a_port_of_their_pods():
    services = of_kind("Service")
    assert set(services) == {"scheduler", "prefect-server"}
    for service in services.values():
        selected = service["spec"]["selector"].items()
        (pod,) = [
            each for each in pods().values() if selected <= each["metadata"]["labels"].items()
        ]
        ports = {port["name"]: port for each in pod["spec"]["containers"] for port in each["ports"]}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]]["containerPort"] == port["port"]
    for name, each in of_kind("Deployment").items():
        selector = each["spec"]["selector"]["matchLabels"].items()
        assert selector <= each["spec"]["template"]["metadata"]["labels"].items(), name


def test_addresses_are_those_of_the_services():
    ports = {name: each["spec"]["ports"][0]["port"] for name, each in of_kind("Service").items()}
    text = "\n".join(file.read_text("utf-8") for file in sorted(FOLDER.rglob("*.yaml")))
    addresses = set(re.findall(r"\w+://([a-z][\w-]*):(\d+)", text))
    assert addresses == {(name, str(port)) for name, port in ports.items()}


def test_only_members_reach_the_scheduler_and_one_another():
    policies = of_kind("NetworkPolicy")
    closed = policies["nobody-from-outside"]["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress"]}
    members = {"matchLabels": {"vouch-member": "true"}}
    for name in ("members-among-themselves", "members-to-prefect"):
        (rule,) = policies[name]["spec"]["ingress"]
        assert rule["from"] == [{"podSelector": members}]
    assert policies["members-among-themselves"]["spec"]["podSelector"] == members
    inside = {name for name, pod in pods().items() if pod["metadata"]["labels"].get("vouch-member")}
    assert inside == set(pods()) - {"prefect-server"}


def test_the_settings_are_read_and_their_variables_are_in_the_secret(monkeypatch, tmp_path: Path):
    text = (FOLDER / "base/vouch.yaml").read_text("utf-8")
    for name in set(re.findall(r"\$\{(\w+)\}", text)):
        assert f"--from-literal={name}=" in GUIDE
        monkeypatch.setenv(name, "value")
    file = tmp_path / "vouch.yaml"
    # Without a look at the source, which is in a bucket.
    file.write_text(text.replace("s3://company-docs/handbook", "."))
    settings = read_settings(file).settings
    cluster = settings.run.cluster
    assert cluster is not None
    mounted = "certificates/"
    assert {cluster.ca, cluster.certificate, cluster.key} == {
        f"{mounted}{name}" for name in ("ca.crt", "tls.crt", "tls.key")
    }
    assert all(f"--from-file={name}=" in GUIDE for name in ("ca.crt", "tls.crt", "tls.key"))
    scheduler = pods()["scheduler"]["spec"]["containers"][0]
    assert cluster.scheduler == f"tls://scheduler:{scheduler['ports'][0]['containerPort']}"
