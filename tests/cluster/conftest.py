"""What one machine publishes, which all runs on a cluster and an object store are compared with."""

from pathlib import Path

import pytest

# Before they are imported, so that their assertions say what was compared.
pytest.register_assert_rewrite("tests.cluster.place", "tests.cluster.published")

from tests.cluster.corpus import Corpus  # noqa: E402


@pytest.fixture(scope="session")
def corpus(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """A few documents of formats that are read fast."""
    return Corpus(tmp_path_factory.mktemp("corpus"), tiny_model)
