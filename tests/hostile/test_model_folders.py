"""Model folders that are damaged, hostile or changed: refused by a sentence that names the file.

Nothing of a folder is executed, and whatever decides vectors is in the fingerprint.
"""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

from tests.embedders.models import TEXTS, card_of, cosines, reference_vectors
from tests.tiny_model import make_tiny_model
from vouch.embedders.local.engine import choose_engine
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.models import find_model
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings

Change = Callable[[Path], object]
_DENSE = {
    "in_features": 32,
    "out_features": 32,
    "bias": True,
    "activation_function": "torch.nn.modules.activation.Tanh",
}
_DEEP = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every kind of file that a model may have."""
    folder = make_tiny_model(tmp_path_factory.mktemp("plain"))
    edit("config_sentence_transformers.json", similarity_fn_name="cosine")(folder)
    return folder


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return shutil.copytree(plain, tmp_path / "model")


def edit(name: str, **changes: object) -> Change:
    """Return a function that changes keys of a JSON file."""

    def change(folder: Path) -> None:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        content = json.loads(file.read_text()) if file.is_file() else {}
        file.write_text(json.dumps(content | changes))

    return change


def put(name: str, content: bytes | str) -> Change:
    """Return a function that writes a file."""

    def change(folder: Path) -> None:
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def drop(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


def module(kind: str, path: str, **more: object) -> Change:
    """Return a function that adds a module."""

    def change(folder: Path) -> None:
        file = folder / "modules.json"
        modules = json.loads(file.read_text())
        modules.append({"idx": 2, "name": "2", "path": path, "type": kind} | more)
        file.write_text(json.dumps(modules))

    return change


def with_dense(scale: float = 1.0) -> Change:
    def change(folder: Path) -> None:
        edit("2_Dense/config.json", **_DENSE)(folder)
        module("sentence_transformers.models.Dense", "2_Dense")(folder)
        weights = scale * np.arange(32 * 32, dtype=np.float32).reshape(32, 32) / 500
        tensors = {"linear.weight": weights, "linear.bias": np.ones(32, np.float32)}
        save_file(tensors, folder / "2_Dense" / "model.safetensors")

    return change


def weights(change: Callable[[dict[str, Any]], object]) -> Change:
    """Return a function that changes the transformer's tensors."""

    def changed(folder: Path) -> None:
        file = folder / "model.safetensors"
        tensors = dict(load_file(file))
        change(tensors)
        file.unlink()
        save_file(tensors, file, {"format": "pt"})

    return changed


def first_token(folder: Path) -> None:
    modes = {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}
    edit("1_Pooling/config.json", **modes)(folder)


def other_pooling_folder(folder: Path) -> None:
    """Leave 1_Pooling as it is, and name another folder."""
    (folder / "modules.json").write_text(
        (folder / "modules.json").read_text().replace("1_Pooling", "1_First")
    )
    (folder / "1_First").mkdir()
    (folder / "1_First" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode": "cls"})
    )


DECIDING = {
    "pooling": first_token,
    "another pooling's folder": other_pooling_folder,
    "a dense module": with_dense(),
    "a module more": module("sentence_transformers.models.Normalize", "3_Normalize"),
    "no modules": drop("modules.json"),
    "epsilon": edit("config.json", layer_norm_eps=0.1),
    "activation": edit("config.json", hidden_act="relu"),
    "heads": edit("config.json", num_attention_heads=4),
    "layers": edit("config.json", num_hidden_layers=0),
    "lower case": edit("sentence_bert_config.json", do_lower_case=True),
    "tokens read": edit("sentence_bert_config.json", max_seq_length=20),
    "another kind of model": edit("config_sentence_transformers.json", model_type="CrossEncoder"),
    "case of tokens": edit("tokenizer_config.json", do_lower_case=False),
    "accents of tokens": edit("tokenizer_config.json", strip_accents=False),
    "special tokens": edit("special_tokens_map.json", cls_token="[UNK]"),
    "vocabulary": put("vocab.txt", "[PAD]\n[UNK]\n"),
    "tokenizer": lambda folder: (folder / "tokenizer.json").write_text(
        (folder / "tokenizer.json").read_text().replace('"lowercase":true', '"lowercase":false')
    ),
    "weights": weights(lambda tensors: tensors["embeddings.LayerNorm.bias"].__iadd__(1)),
}


PROMPTS = {
    "default prompt": {"prompts": {"p": "passage: "}, "default_prompt_name": "p"},
    "prompt of documents": {"prompts": {"passage": "passage: "}},
    "prompt of queries": {"prompts": {"query": "query: "}},
}


@pytest.mark.parametrize("config", PROMPTS.values(), ids=PROMPTS)
def test_prompts_are_in_the_fingerprint_as_prefixes(plain: Path, folder: Path, config: dict):
    edit("config_sentence_transformers.json", **config)(folder)
    assert card_of(folder).fingerprint != card_of(plain).fingerprint
    assert card_of(folder).files == card_of(plain).files


@pytest.mark.parametrize("change", DECIDING.values(), ids=DECIDING)
def test_whatever_decides_vectors_is_in_the_fingerprint(plain: Path, folder: Path, change: Change):
    change(folder)
    assert card_of(folder).fingerprint != card_of(plain).fingerprint
    assert card_of(folder).files != card_of(plain).files


NOT_DECIDING = {
    "layout": lambda folder: (folder / "config.json").write_text(
        json.dumps(json.loads((folder / "config.json").read_text()), indent=8, sort_keys=True)
    ),
    "who wrote it": edit("config.json", transformers_version="9.9", _name_or_path="/home/me"),
    "what only training reads": edit("config.json", hidden_dropout_prob=0.3, initializer_range=1),
    "type of weights": edit("config.json", dtype="bfloat16"),
    "similarity": edit("config_sentence_transformers.json", similarity_fn_name="dot"),
    "prompts that nobody asks for": edit(
        "config_sentence_transformers.json", prompts={"topic": "t: "}, default_prompt_name=None
    ),
    "module classes by their new names": lambda folder: (folder / "modules.json").write_text(
        (folder / "modules.json")
        .read_text()
        .replace("models.Pooling", "sentence_transformer.modules.pooling.Pooling")
    ),
    "notes": put("README.md", "# A model"),
    "notes of a training": put("trainer_state.json", "{}"),
    "weights of another format": put("pytorch_model.bin", b"no weights"),
}


@pytest.mark.parametrize("change", NOT_DECIDING.values(), ids=NOT_DECIDING)
def test_what_decides_nothing_keeps_the_fingerprint(plain: Path, folder: Path, change: Change):
    change(folder)
    assert card_of(folder).fingerprint == card_of(plain).fingerprint


AS_REFERENCE = [
    "pooling", "another pooling's folder", "a dense module", "no modules", "tokens read",
    "another kind of model", "case of tokens", "special tokens",
]  # fmt: skip


@pytest.mark.parametrize("name", AS_REFERENCE)
def test_a_changed_folder_gives_the_vectors_of_sentence_transformers(folder: Path, name: str):
    """Whichever engine is chosen; the texts have letters with accents and in both cases."""
    DECIDING[name](folder)
    vectors = choose_engine(card_of(folder)).encode(TEXTS)
    assert cosines(vectors, reference_vectors(card_of(folder))).min() > 0.999


def test_the_limit_of_a_folder_is_that_of_sentence_transformers(folder: Path):
    (folder / "sentence_bert_config.json").write_text("{}")
    edit("tokenizer_config.json", model_max_length=128)(folder)
    assert card_of(folder).tokenizer.limit == 128
    edit("sentence_roberta_config.json", max_seq_length=100)(folder)
    assert card_of(folder).tokenizer.limit == 100


def test_a_dense_module_states_the_dimension(folder: Path):
    with_dense()(folder)
    edit("2_Dense/config.json", out_features=16)(folder)
    tensors = {
        "linear.weight": np.ones((16, 32), np.float32),
        "linear.bias": np.ones(16, np.float32),
    }
    save_file(tensors, folder / "2_Dense" / "model.safetensors")
    assert card_of(folder).dimension == 16
    assert choose_engine(card_of(folder)).encode(["tea"]).shape == (1, 16)


class _Canary:
    """Writes a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


def _evil_class(folder: Path) -> None:
    (folder / "evil.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Evil: pass\n")


HOSTILE: dict[str, tuple[Change, str]] = {
    "no config.json": (drop("config.json"), r"config\.json does not contain"),
    "empty config.json": (put("config.json", ""), r"config\.json is not JSON"),
    "a list for keys": (put("config.json", "[1]"), r"config\.json holds no keys"),
    "binary config.json": (put("config.json", b"\xff\x00\x80"), r"config\.json is not JSON"),
    "deep config.json": (put("config.json", _DEEP), r"config\.json is nested too deeply"),
    "huge number": (put("config.json", '{"hidden_size": 1' + "0" * 5000 + "}"), r"config\.json"),
    "negative dimension": (edit("config.json", hidden_size=-1), r"config\.json does not contain"),
    "huge dimension": (edit("config.json", hidden_size=10**9), r"config\.json does not contain"),
    "another dimension": (edit("config.json", hidden_size=64), "cannot be loaded"),
    "no heads": (edit("config.json", num_attention_heads=0), "cannot be loaded"),
    "heads that do not divide": (edit("config.json", num_attention_heads=5), "cannot be loaded"),
    "layers that are not there": (edit("config.json", num_hidden_layers=3), "cannot be loaded"),
    "a text for a number": (edit("config.json", num_hidden_layers="2"), "cannot be loaded"),
    "more words": (edit("config.json", vocab_size=99), "the model knows 99"),
    "fewer positions": (edit("config.json", max_position_embeddings=9), "has 9 positions"),
    "an unknown family": (edit("config.json", model_type="evil"), "cannot be loaded"),
    "code of its own": (
        edit("config.json", model_type="evil", auto_map={"AutoModel": "evil.Evil"}),
        "cannot be loaded",
    ),
    "no tokenizer": (drop("tokenizer.json"), r"holds no tokenizer\.json"),
    "empty tokenizer": (put("tokenizer.json", "{}"), r"tokenizer\.json cannot be loaded"),
    "cut tokenizer": (
        lambda folder: put("tokenizer.json", (folder / "tokenizer.json").read_bytes()[:9999])(
            folder
        ),
        r"tokenizer\.json cannot be loaded",
    ),
    "more tokens than words": (
        weights(
            lambda tensors: tensors.update(
                {
                    "embeddings.word_embeddings.weight": tensors[
                        "embeddings.word_embeddings.weight"
                    ][:100]
                }
            )
        ),
        r"vocab_size",
    ),
    "no weights": (drop("model.safetensors"), r"holds no \.safetensors file"),
    "pickled weights only": (
        lambda folder: (folder / "model.safetensors").rename(folder / "pytorch_model.bin"),
        r"loads no other weight format",
    ),
    "empty weights": (put("model.safetensors", ""), r"model\.safetensors cannot be loaded"),
    "weights with a huge header": (
        put("model.safetensors", struct.pack("<Q", 2**62) + b"{}"),
        r"model\.safetensors cannot be loaded",
    ),
    "weights with a deep header": (
        put("model.safetensors", struct.pack("<Q", len(_DEEP)) + _DEEP.encode()),
        r"model\.safetensors cannot be loaded",
    ),
    "cut weights": (
        lambda folder: put("model.safetensors", (folder / "model.safetensors").read_bytes()[:-9])(
            folder
        ),
        r"model\.safetensors cannot be loaded",
    ),
    "weights of another shape": (
        weights(
            lambda tensors: tensors.update(
                {"encoder.layer.0.output.dense.weight": np.ones((3, 3), np.float32)}
            )
        ),
        "cannot be loaded",
    ),
    "weights that are no numbers": (
        weights(lambda tensors: tensors["embeddings.LayerNorm.weight"].fill(np.nan)),
        "gives no usable vectors",
    ),
    "infinite weights": (
        weights(lambda tensors: tensors["embeddings.LayerNorm.bias"].fill(np.inf)),
        "gives no usable vectors",
    ),
    "weights of nothing": (
        weights(lambda tensors: [tensor.fill(0) for tensor in tensors.values()]),
        "gives no usable vectors",
    ),
    "shards that are not there": (
        lambda folder: (
            (folder / "model.safetensors").rename(folder / "other.safetensors"),
            put("model.safetensors.index.json", '{"weight_map": {"a": "b.safetensors"}}')(folder),
        ),
        r"all files of its model\.safetensors\.index\.json",
    ),
    "shards elsewhere": (
        lambda folder: (
            (folder / "model.safetensors").rename(folder / "1_Pooling" / "a.safetensors"),
            put(
                "model.safetensors.index.json",
                '{"weight_map": {"a": "1_Pooling/a.safetensors", "b": "../../b.safetensors"}}',
            )(folder),
        ),
        r"all files of its model\.safetensors\.index\.json",
    ),
    "a module of its own": (
        module("evil.Evil", ""),
        r"modules\.json names the module 'evil\.Evil'",
    ),
    "a function for a module": (module("os.system", ""), r"the module 'os\.system'"),
    "a module within the package": (
        module("sentence_transformers.base.modules.router.Router", ""),
        r"modules\.json names the module",
    ),
    "a module without type": (put("modules.json", '[{"path": ""}]'), r"without type and path"),
    "modules that are none": (put("modules.json", '{"0": 1}'), r"modules\.json is not a list"),
    "a folder above": (
        module("sentence_transformers.models.Pooling", "../../x"),
        r"'\.\./\.\./x' outside the model's",
    ),
    "an absolute folder": (module("sentence_transformers.models.Pooling", "/etc"), r"outside"),
    "a folder with NUL": (module("sentence_transformers.models.Pooling", "a\0b"), r"outside"),
    "no pooling": (drop("1_Pooling/config.json"), "cannot be loaded"),
    "pooling of nothing": (edit("1_Pooling/config.json", pooling_mode="evil"), "cannot be loaded"),
    "pickled dense": (
        lambda folder: (
            with_dense()(folder),
            (folder / "2_Dense" / "model.safetensors").unlink(),
            (folder / "2_Dense" / "pytorch_model.bin").write_bytes(
                pickle.dumps(_Canary(folder / "ran"))
            ),
        ),
        r"2_Dense holds no model\.safetensors",
    ),
    "a function for an activation": (
        lambda folder: (
            with_dense()(folder),
            edit("2_Dense/config.json", activation_function="os.system")(folder),
        ),
        r"2_Dense/config\.json names the activation function os\.system",
    ),
    "an adapter": (
        put("adapter_config.json", '{"base_model_name_or_path": "../other"}'),
        "cannot be loaded",
    ),
    "a link to nothing": (
        lambda folder: (folder / "extra.json").symlink_to("nowhere"),
        r"extra\.json is not a file",
    ),
    "a pipe for a file": (
        lambda folder: (drop("config.json")(folder), os.mkfifo(folder / "config.json")),
        r"config\.json is not a file",
    ),
    "a folder for a file": (
        lambda folder: (drop("modules.json")(folder), (folder / "modules.json").mkdir()),
        r"modules\.json is not a file",
    ),
    "more tokens than positions": (
        edit("sentence_bert_config.json", max_seq_length=4096),
        "512 positions",
    ),
    "a prompt that is no text": (
        edit("config_sentence_transformers.json", prompts={"query": {"a": 1}}),
        r"config_sentence_transformers\.json: the prompt 'query' is no text",
    ),
    "prompts that are none": (
        edit("config_sentence_transformers.json", prompts="query: "),
        r"config_sentence_transformers\.json: prompts has no names",
    ),
    "a prompt of 10 MB": (
        edit("config_sentence_transformers.json", prompts={"document": "x" * 10_000_000}),
        r"the prompt 'document' has 10,000,000 characters",
    ),
    "a default prompt that is not there": (
        edit("config_sentence_transformers.json", default_prompt_name="\x1b[2J"),
        "not among its prompts",
    ),
    "vectors of no length": (
        edit("config_sentence_transformers.json", truncate_dim=0),
        "truncate_dim is '0'",
    ),
    "vectors of negative length": (
        edit("config_sentence_transformers.json", truncate_dim=-1),
        "truncate_dim is '-1'",
    ),
    "vectors longer than they are": (
        edit("config_sentence_transformers.json", truncate_dim=33),
        "a truncate_dim of 33, but its model gives 32",
    ),
    "no limit of tokens": (
        lambda folder: (
            drop("sentence_bert_config.json")(folder),
            drop("tokenizer_config.json")(folder),
            edit("config.json", max_position_embeddings=None)(folder),
        ),
        "does not state how many tokens",
    ),
}


def _open(folder: Path) -> None:
    """Do what a plan and then a run do with the model."""
    card = LocalModelCard(
        EmbeddingSettings(model=str(folder), precision="float32", device="cpu"), folder
    )
    card.check_token_limit(ChunkingSettings(max_tokens=16, heading_tokens=0))
    _ = card.fingerprint
    choose_engine(card)


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_folder_is_refused_in_a_sentence(folder: Path, change: Change, message: str):
    _evil_class(folder)
    change(folder)
    with pytest.raises(EmbeddingError, match=message) as caught:
        _open(folder)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1500
    assert not (folder / "ran").exists()


@settings(
    max_examples=25, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(
        ["config.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json",
         "config_sentence_transformers.json", "tokenizer_config.json", "special_tokens_map.json"]
    ),
    content=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["hidden_size", "type", "path", "max_seq_length", "pooling_mode",
                             "prompts", "default_prompt_name", "cls_token", "model_type",
                             "query", "document", "truncate_dim", "include_prompt"]),
            inner, max_size=4,
        ),
        max_leaves=8,
    ),
)  # fmt: skip
def test_any_json_in_any_settings_file_is_read_or_refused(plain: Path, name: str, content: object):
    """As far as a plan goes, which reads all settings and loads no model."""
    before = (plain / name).read_bytes() if (plain / name).is_file() else b"{}"
    try:
        (plain / name).write_text(json.dumps(content))
        card = card_of(plain)
        with suppress(SettingsError):  # a limit of few tokens is a limit
            card.check_token_limit(ChunkingSettings(max_tokens=16, heading_tokens=0))
        assert len(card.fingerprint) == 16
    except EmbeddingError as error:
        assert str(plain) in str(error)
    finally:
        (plain / name).write_bytes(before)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("models/none", "neither a folder nor in the local cache"),
        ("./none", "there is no folder"),
        ("/no/such/folder", "there is no folder"),
        ("~nobody-of-that-name/model", "there is no folder"),
        ("a\0b", "there is no folder"),
        ("x" * 5000, "there is no folder"),
        ("here/none", "there is no folder"),
        ("file", "is a file; name the folder"),
    ],
)
def test_a_missing_model_is_reported_without_the_words_of_a_hub(
    tmp_path: Path, model: str, message: str
):
    (tmp_path / "here").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddingError, match=message) as caught:
        find_model(EmbeddingSettings(model=model), tmp_path)
    assert not any(word in str(caught.value) for word in ("http", "Hub", "huggingface", "Repo id"))


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_pickles_for_the_files_of_a_backend_are_not_run(folder: Path, backend: str):
    """Hashed as they are, and refused: without the backend's packages too."""
    for name in ("onnx/model.onnx", "openvino/openvino_model.xml", "openvino/openvino_model.bin"):
        put(name, pickle.dumps(_Canary(folder / "ran")))(folder)
    settings = EmbeddingSettings.model_validate({"model": str(folder), "backend": backend})
    card = LocalModelCard(settings, folder)
    assert card.fingerprint != card_of(folder).fingerprint
    with pytest.raises(EmbeddingError) as caught:
        choose_engine(card)
    assert "\n" not in str(caught.value)
    assert not (folder / "ran").exists()


def test_code_that_a_tokenizer_names_is_not_run(folder: Path):
    _evil_class(folder)
    auto_map = {"AutoTokenizer": ["evil.Evil", None]}
    edit("tokenizer_config.json", tokenizer_class="Evil", auto_map=auto_map)(folder)
    edit("sentence_bert_config.json", tokenizer_args={"trust_remote_code": True})(folder)
    choose_engine(card_of(folder))
    assert not (folder / "ran").exists()


def test_a_model_that_vanishes_after_the_plan_is_reported(folder: Path):
    card = card_of(folder)
    assert card.fingerprint
    shutil.rmtree(folder)
    with pytest.raises(EmbeddingError, match="fetch it again|fetch the model again"):
        choose_engine(card)
