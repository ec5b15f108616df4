"""Rerankers: scores are those of sentence-transformers, and folders are refused as models' are.

The cross-encoder has random weights: how well a real one ranks is not measured here.
"""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.tiny_model import make_tiny_cross_encoder
from vouch.embedders.local.reranker import Reranker
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.embedding import EmbeddingSettings

TEXTS = ["Tea is brewed in water.", "", "The moon orbits the earth. " * 200, "water " * 40]


@pytest.fixture(scope="module")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tiny_cross_encoder(tmp_path_factory.mktemp("reranker") / "small")


def load(folder: Path) -> Reranker:
    return Reranker.find(EmbeddingSettings(model=str(folder), device="cpu"), Path())


def test_scores_are_those_of_sentence_transformers(cross_encoder: Path):
    from sentence_transformers import CrossEncoder

    reference = CrossEncoder(str(cross_encoder), device="cpu", local_files_only=True)
    pairs = [("how is tea made?", text) for text in TEXTS]
    expected = reference.predict(pairs, activation_fn=torch.nn.Identity())
    scores = load(cross_encoder).scores("how is tea made?", TEXTS)
    assert np.allclose(scores, expected, atol=1e-4)
    assert len(set(scores.round(4).tolist())) == len(TEXTS)
    assert load(cross_encoder).scores("tea", []).shape == (0,)


def test_several_threads_get_the_scores_of_their_texts(cross_encoder: Path):
    reranker = load(cross_encoder)
    parts = [TEXTS[: number % len(TEXTS) + 1] for number in range(24)]
    expected = [reranker.scores("tea", part) for part in parts]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda part: reranker.scores("tea", part), parts))
    for scores, alone in zip(together, expected, strict=True):
        assert np.allclose(scores, alone, atol=1e-5)


def test_memory_that_runs_out_changes_no_score(cross_encoder: Path):
    reranker = load(cross_encoder)
    expected = reranker.scores("tea", TEXTS)

    def full(module: torch.nn.Module, arguments: tuple) -> None:
        if type(module).__name__ == "CrossEncoder" and len(arguments[0]["input_ids"]) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    hook = torch.nn.modules.module.register_module_forward_pre_hook(full)
    try:
        assert np.allclose(reranker.scores("tea", TEXTS), expected, atol=1e-5)
    finally:
        hook.remove()


def edit(name: str, **changes: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / name
        content = json.loads(file.read_text()) if file.is_file() else {}
        file.write_text(json.dumps(content | changes))

    return change


class _Canary:
    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Canary(folder / "ran")))


def evil_module(folder: Path) -> None:
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Evil: pass\n")
    (folder / "modules.json").write_text(
        json.dumps([{"idx": 0, "name": "0", "path": "", "type": "evil.Evil"}])
    )


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "pickled weights": (pickled, "loads no other weight format"),
    "a module of its own": (evil_module, r"names the module 'evil\.Evil'"),
    "an embedding model": (edit("config.json", architectures=["BertModel"]), "no cross-encoder"),
    "no architectures": (edit("config.json", architectures=7), "no cross-encoder"),
    "two scores": (edit("config.json", id2label={"0": "no", "1": "yes"}), "gives 2 scores"),
    "no JSON": (lambda folder: (folder / "config.json").write_text("[") and None, "is not JSON"),
    "heads that do not divide": (edit("config.json", num_attention_heads=5), "cannot be loaded"),
    "code of its own": (
        edit("config.json", model_type="evil", auto_map={"AutoModel": "evil.Evil"}),
        "cannot be loaded",
    ),
    "cut weights": (
        lambda folder: (folder / "model.safetensors").write_bytes(b"12") and None,
        r"model\.safetensors cannot be loaded",
    ),
}


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_folder_is_refused_in_a_sentence(
    cross_encoder: Path, tmp_path: Path, change: Callable[[Path], None], message: str
):
    folder = shutil.copytree(cross_encoder, tmp_path / "model")
    change(folder)
    with pytest.raises(EmbeddingError, match=message) as caught:
        load(folder)
    assert "\n" not in str(caught.value)
    assert not (folder / "ran").exists()


def test_a_function_for_an_activation_is_not_imported(cross_encoder: Path, tmp_path: Path):
    folder = shutil.copytree(cross_encoder, tmp_path / "model")
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")
    edit("config.json", sentence_transformers={"activation_fn": "evil.Evil"})(folder)
    edit("config_sentence_transformers.json", activation_fn="torch.hub.list")(folder)
    assert np.allclose(load(folder).scores("tea", TEXTS), load(cross_encoder).scores("tea", TEXTS))
    assert not (folder / "ran").exists()


def test_a_missing_reranker_is_not_downloaded():
    with pytest.raises(EmbeddingError, match="there is no reranker 'nobody/no-such-model'"):
        Reranker.find(EmbeddingSettings(model="nobody/no-such-model"), Path())
