"""Writes multilingual-e5-small as sentence-transformers and our own engine read it.

What is written depends on the data file only, byte for byte, and on no version of a library: by
the files' hashes two machines know that they have the same model.
"""

import json
import struct
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from vouch.embedders.packaged.e5_data_file import E5DataFile, Sizes, Vocabulary

QUERY_PREFIX, DOCUMENT_PREFIX = "query: ", "passage: "
_SPACE = "▁"  # how sentencepiece writes the space before a word
# Compatibility normalisation would change it, but the vocabulary has it.
_KEPT, _MEANWHILE = "～", "\ufdd0"
_MASK = "<mask>"
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_NOTE = """\
---
license: mit
---
# multilingual-e5-small, in four bits

{origin}

Model: https://huggingface.co/intfloat/multilingual-e5-small (MIT). Before a question it expects
`query: `, before a text `passage: `. Weights of four bits are written in 16 bits here.
"""


def write_folder(file: E5DataFile, folder: Path, origin: str) -> None:
    """Write all files of the model into an empty folder. `origin` says where it comes from."""
    _write_weights(file, folder / "model.safetensors")
    _write_json(folder / "tokenizer.json", _tokenizer(file.vocabulary))
    for name, content in _settings(file.sizes).items():
        (folder / name).parent.mkdir(exist_ok=True)
        _write_json(folder / name, content)
    (folder / "README.md").write_text(_NOTE.format(origin=origin), "utf-8")


def _names(sizes: Sizes) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Yield of each tensor its name in the data file, that in BERT, and its shape."""
    hidden, inner = sizes.hidden, sizes.inner
    yield "emb.word", "embeddings.word_embeddings.weight", (sizes.rows, hidden)
    yield "emb.pos", "embeddings.position_embeddings.weight", (sizes.positions, hidden)
    yield "emb.type", "embeddings.token_type_embeddings.weight", (sizes.types, hidden)
    yield "emb.ln.w", "embeddings.LayerNorm.weight", (hidden,)
    yield "emb.ln.b", "embeddings.LayerNorm.bias", (hidden,)
    weights = {"fi": (inner, hidden), "fo": (hidden, inner), "aln": (hidden,), "oln": (hidden,)}
    for number in range(sizes.layers):
        for short, name in _LAYER.items():
            shape = weights.get(short, (hidden, hidden))
            full = f"encoder.layer.{number}.{name}"
            yield f"l{number}.{short}.w", f"{full}.weight", shape
            yield f"l{number}.{short}.b", f"{full}.bias", shape[:1]
    # Nothing reads these, but transformers reports them where they are missing.
    yield "", "pooler.dense.weight", (hidden, hidden)
    yield "", "pooler.dense.bias", (hidden,)


def _write_weights(file: E5DataFile, target: Path) -> None:
    """Write a safetensors file, one tensor at a time: all at once would be half a gigabyte."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    tensors = list(_names(file.sizes))
    end = 0
    for _, name, shape in tensors:
        start, end = end, end + 2 * int(np.prod(shape))
        header[name] = {"dtype": "F16", "shape": list(shape), "data_offsets": [start, end]}
    encoded = json.dumps(header, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)
    with target.open("wb") as stream:
        stream.write(struct.pack("<Q", len(encoded)) + encoded)
        for short, _, shape in tensors:
            weights = file.tensor(short, shape) if short else np.zeros(shape)
            stream.write(weights.astype("<f2").data)


def _tokenizer(words: Vocabulary) -> dict[str, Any]:
    """Return tokenizer.json: as that of XLM-RoBERTa, from which this model has its vocabulary."""
    special = sorted({words.beginning, words.padding, words.end, words.unknown})
    added = [(number, words.pieces[number], False) for number in special]
    added.append((words.pieces.index(_MASK), _MASK, True))
    beginning, end = words.pieces[words.beginning], words.pieces[words.end]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": piece,
                "single_word": False,
                "lstrip": takes_space,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, piece, takes_space in added
        ],
        "normalizer": {"type": "Sequence", "normalizers": list(_normalizers(words.replaced))},
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                {"type": "WhitespaceSplit"},
                {
                    "type": "Metaspace",
                    "replacement": _SPACE,
                    "prepend_scheme": "always",
                    "split": True,
                },
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_special(beginning), _sequence("A"), _special(end)],
            "pair": [
                _special(beginning),
                _sequence("A"),
                _special(end),
                _special(end),
                _sequence("B"),
                _special(end),
            ],
            "special_tokens": {
                token: {"id": token, "ids": [number], "tokens": [token]}
                for token, number in ((beginning, words.beginning), (end, words.end))
            },
        },
        "decoder": {
            "type": "Metaspace",
            "replacement": _SPACE,
            "prepend_scheme": "always",
            "split": True,
        },
        "model": {
            "type": "Unigram",
            "unk_id": words.unknown,
            "vocab": [list(pair) for pair in zip(words.pieces, words.scores, strict=True)],
            "byte_fallback": False,
        },
    }


def _normalizers(replaced: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what does to a text as the data file says of single characters.

    That is the compatibility normalisation of Unicode, but for two groups of characters.
    """
    special = {
        character: by
        for character, by in replaced.items()
        if unicodedata.normalize("NFKC", character) != by
    }
    spaces = [character for character, by in special.items() if by == " "]
    removed = [character for character, by in special.items() if not by]
    yield _replace({"String": _KEPT}, _MEANWHILE)
    yield {"type": "NFKC"}
    yield _replace({"String": _MEANWHILE}, _KEPT)
    yield _replace({"Regex": _one_of(spaces)}, " ")
    yield _replace({"Regex": _one_of(removed)}, "")


def _replace(pattern: dict[str, str], by: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": by}


def _one_of(characters: list[str]) -> str:
    return "[" + "".join(rf"\x{{{ord(character):x}}}" for character in characters) + "]"


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _sequence(name: str) -> dict[str, Any]:
    return {"Sequence": {"id": name, "type_id": 0}}


def _settings(sizes: Sizes) -> dict[str, Any]:
    package = "sentence_transformers.models"
    return {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": sizes.hidden,
            "num_hidden_layers": sizes.layers,
            "num_attention_heads": sizes.heads,
            "intermediate_size": sizes.inner,
            "hidden_act": "gelu",
            "layer_norm_eps": float(f"{sizes.epsilon:g}"),
            "max_position_embeddings": sizes.positions,
            "type_vocab_size": sizes.types,
            "vocab_size": sizes.rows,
            "pad_token_id": 1,
            "position_embedding_type": "absolute",
            "dtype": "float32",
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": f"{package}.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{package}.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": f"{package}.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": sizes.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "sentence_bert_config.json": {"max_seq_length": sizes.positions, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": {"query": QUERY_PREFIX, "passage": DOCUMENT_PREFIX},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": sizes.positions,
            "bos_token": "<s>",
            "cls_token": "<s>",
            "eos_token": "</s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": _MASK,
        },
    }


def _write_json(file: Path, content: Any) -> None:  # noqa: ANN401 - whatever a file of a model holds
    file.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")
