"""A running service of the tiny model, and the vectors that its texts must get."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.embedding_service import EmbeddingService, embedding_service
from tests.tiny_model import make_tiny_model
from vouch.embedders.base import Vectors
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.embedders.service.service_engine import ServiceEngine
from vouch.schemas.settings.embedding import EmbeddingSettings


@pytest.fixture(scope="session")
def other_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of equal dimension with other weights."""
    return make_tiny_model(tmp_path_factory.mktemp("other"), seed=8)


@pytest.fixture(scope="session")
def running(tiny_model: Path) -> Iterator[EmbeddingService]:
    with embedding_service(tiny_model) as service:
        yield service


@pytest.fixture
def service(
    running: EmbeddingService, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> EmbeddingService:
    """A service without faults, whose clients wait hardly at all before they repeat a request."""
    monkeypatch.setattr("vouch.embedders.service.requester.BACKOFF_S", 0.01)
    running.faults, running.requests, running.api_key = [], [], None
    running.folder = tiny_model
    return running


@pytest.fixture
def engine(service: EmbeddingService) -> Callable[..., ServiceEngine]:
    """Make an engine for the service by keys of `embedding.service`."""

    def make(**settings: object) -> ServiceEngine:
        return ServiceEngine(find_model(service.settings(**{"deadline_s": 60} | settings), Path()))

    return make


@pytest.fixture(scope="session")
def local_vectors(tiny_model: Path) -> Callable[[Sequence[str]], Vectors]:
    settings = EmbeddingSettings(precision="float32", device="cpu")
    return LocalModelCard(settings, tiny_model).load().encode
