"""The client's wheel works in an environment that has neither Vouch nor torch."""

import json
from pathlib import Path

import pytest

from tests.client.bare_environment import make_bare_environment, output
from tests.client.scripted_server import scripted_server

PROGRAM = """
import importlib.util, json, sys
from importlib.metadata import metadata
from vouch_client import Client

about = metadata("vouch-client")
with Client(sys.argv[1]) as client:
    health = client.health()
print(json.dumps({
    "status": health.status,
    "rooms": [name for name in ("vouch", "torch", "lancedb") if importlib.util.find_spec(name)],
    "needs": about.get_all("requires-dist"),
    "private": "Private :: Do Not Upload" in about.get_all("classifier"),
    "typed": importlib.util.find_spec("vouch_client").submodule_search_locations[0],
}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bare_environment(tmp_path_factory.mktemp("bare"))


def test_the_wheel_asks_a_service_where_neither_vouch_nor_torch_is(python: Path, tmp_path: Path):
    with scripted_server() as server:
        server.answers = [(200, {}, json.dumps({"status": "ok", "ready": True, "run_id": "r"}))]
        about = json.loads(output(python, "-c", PROGRAM, server.url, cwd=tmp_path))
    assert (about["status"], about["rooms"], about["private"]) == ("ok", [], True)
    assert [name.partition(">")[0] for name in about["needs"]] == ["httpx"]
    assert Path(about["typed"]).is_relative_to(python.parents[1])
    assert (Path(about["typed"]) / "py.typed").is_file()
