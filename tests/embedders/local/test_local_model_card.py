"""The model card: what changes the fingerprint, and which models are refused before loading."""

from pathlib import Path

import pytest

from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings


@pytest.fixture(scope="module")
def card() -> LocalModelCard:
    return find_model(EmbeddingSettings(), Path())


@pytest.mark.parametrize(
    "change",
    [{"precision": "float32"}, {"document_prefix": "passage: "}, {"query_prefix": "query: "}],
)
def test_settings_that_change_vectors_change_the_fingerprint(card: LocalModelCard, change: dict):
    assert find_model(EmbeddingSettings(**change), Path()).fingerprint != card.fingerprint


@pytest.mark.parametrize(
    "change", [{"batch_tokens": 100}, {"device": "cpu"}, {"precision": "bfloat16"}]
)
def test_other_settings_keep_the_fingerprint(card: LocalModelCard, change: dict):
    assert find_model(EmbeddingSettings(**change), Path()).fingerprint == card.fingerprint


def test_the_fingerprint_of_0_8_0_is_unchanged(card: LocalModelCard):
    """Published vectors are reused only under the same fingerprint."""
    assert card.fingerprint == "37474ebb1ddf11b6"


def test_the_fingerprint_of_0_5_0_to_0_7_0_is_known(card: LocalModelCard):
    """Generations of these versions are adopted by it."""
    assert card.former_fingerprint == "241ccb15a614922b"


def test_a_missing_model_is_not_downloaded():
    with pytest.raises(EmbeddingError, match="neither a folder nor in the local cache"):
        find_model(EmbeddingSettings(model="nobody/no-such-model"), Path())


def test_chunks_longer_than_the_model_reads_are_refused(card: LocalModelCard):
    with pytest.raises(SettingsError, match="reads 256 tokens and would silently truncate"):
        card.check_token_limit(ChunkingSettings(max_tokens=200, heading_tokens=96))


def test_weights_in_other_formats_are_refused(tmp_path: Path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(EmbeddingError, match=r"holds no \.safetensors file"):
        _ = LocalModelCard(EmbeddingSettings(model=str(tmp_path)), tmp_path).weights_sha256


def test_settings_of_a_model_folder_are_valid_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "models" / "small").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    card = find_model(EmbeddingSettings(model="models/small"), Path())
    assert card.portable_settings().model == str(tmp_path / "models" / "small")
    bundled = find_model(EmbeddingSettings(), Path()).portable_settings()
    assert bundled == EmbeddingSettings(query_prefix="", document_prefix="")
    on_a_gpu = find_model(EmbeddingSettings(device="cuda:1"), Path())
    assert on_a_gpu.portable_settings().device == "auto"
