"""Which models `vouch.embedders.local.bert` can run: encoders of the BERT family.

Their files are laid out as sentence-transformers writes them: `config.json`, `modules.json`, the
pooling's own `config.json`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

from tokenizers import Tokenizer
from tokenizers.normalizers import BertNormalizer

from vouch.embedders.local.model_files import (
    SENTENCE_TRANSFORMERS,
    TOKENIZER,
    modules,
    pools_prompts,
    read_object,
    sentence_config,
)

Pooling: TypeAlias = Literal["mean", "cls"]

# By `model_type`, whether positions are counted from behind the padding token's id, as RoBERTa
# does, instead of from 0.
_FAMILIES = {"bert": False, "roberta": True, "xlm-roberta": True, "camembert": True}
# What sentence-transformers does with a text model by default, as newer versions
# write it into the folder; `max_seq_length` is the tokenizer's business.
_PLAIN_CALL = {
    "do_lower_case": False,
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
}
# Classes that take tokenizer.json as it is; the others set these of its settings themselves, to
# what tokenizer_config.json says.
_FILE_TOKENIZERS = ("PreTrainedTokenizerFast", "TokenizersBackend")
_NORMALIZER = {
    "do_lower_case": ("lowercase", True),
    "strip_accents": ("strip_accents", None),
    "tokenize_chinese_chars": ("handle_chinese_chars", True),
}


class UnsupportedModel(Exception):
    """Says why the packed engine cannot run a model, so that sentence-transformers must."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """What the forward pass needs to know besides the weights."""

    layers: int
    heads: int
    epsilon: float
    first_position: int
    pooling: Pooling
    shapes: dict[str, int]
    """Rows of the embeddings of words, positions and types, by the key of config.json."""

    @classmethod
    def read(cls, folder: Path) -> "Architecture":
        """Read the architecture of the model in `folder`.

        Raises `UnsupportedModel` where anything about the model is, and `EmbeddingError` where a
        file cannot be read.
        """
        config = read_object(folder / "config.json")
        kind = config.get("model_type")
        if not isinstance(kind, str) or kind not in _FAMILIES:
            raise UnsupportedModel(f"its model_type is {str(kind)[:40]}")
        if not _is_supported(config):
            raise UnsupportedModel("its config.json has more than a plain encoder")
        pooling = _pooling(folder)
        if pooling is None:
            raise UnsupportedModel("it has other modules or another pooling")
        if not _is_called_plainly(folder):
            raise UnsupportedModel("it is called in another way than with the text alone")
        if not _has_plain_tokenizer(folder):
            raise UnsupportedModel("its tokenizer is another one than its tokenizer.json")
        is_shifted = _FAMILIES[config["model_type"]]
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
            first_position=config["pad_token_id"] + 1 if is_shifted else 0,
            pooling=pooling,
            shapes={
                key: config[key]
                for key in ("vocab_size", "max_position_embeddings", "type_vocab_size")
            },
        )


def _is_supported(config: dict[str, Any]) -> bool:
    counts = [
        config.get(key)
        for key in (
            "num_hidden_layers",
            "num_attention_heads",
            "vocab_size",
            "max_position_embeddings",
            "type_vocab_size",
            "pad_token_id",
        )
    ]
    return (
        config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") in ("absolute", None)
        and not config.get("is_decoder")
        and isinstance(config.get("layer_norm_eps"), float)
        and all(isinstance(count, int) and count >= 0 for count in counts)
        and config["num_attention_heads"] > 0
    )


def _is_called_plainly(folder: Path) -> bool:
    """Return whether sentence-transformers calls the model with the text and nothing else.

    Lower-casing would change the tokens, an adapter the weights.
    """
    call = {key: value for key, value in sentence_config(folder).items() if value is not None}
    config = read_object(folder / SENTENCE_TRANSFORMERS)
    return (
        all(_PLAIN_CALL.get(key) == call[key] for key in call if key != "max_seq_length")
        and config.get("model_type") in (None, "SentenceTransformer")
        and not (folder / "adapter_config.json").exists()
    )


def _pooling(folder: Path) -> Pooling | None:
    """Return the pooling where it is all that follows the transformer, besides normalisation.

    None where there is another module, or another pooling than `vouch.embedders.local.bert` knows.
    """
    parts = modules(folder)
    names = tuple(name for name, _ in parts)
    plain = ("Transformer", "Pooling", "Normalize")
    if len(parts) < 2 or names != plain[: len(parts)] or parts[0][1] not in ("", "."):
        return None
    if not pools_prompts(folder):
        return None
    config = read_object(folder / parts[1][1] / "config.json")
    # Newer sentence-transformers write `pooling_mode`, older ones a flag for each mode.
    if mode := config.get("pooling_mode"):
        modes = [mode]
    else:
        modes = [
            name.removeprefix("pooling_mode_")
            for name, value in config.items()
            if name.startswith("pooling_mode_") and value
        ]
    if modes in (["mean"], ["mean_tokens"]):
        return "mean"
    return "cls" if modes in (["cls"], ["cls_token"]) else None


def _has_plain_tokenizer(folder: Path) -> bool:
    """Return whether transformers makes the tokenizer that `tokenizer.json` is.

    For some classes it makes a new one by what tokenizer_config.json says, and takes no more than
    the vocabulary from that file.
    """
    config = read_object(folder / "tokenizer_config.json")
    config |= read_object(folder / "special_tokens_map.json")
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    ids = tokenizer.encode("").ids
    for key, expected in (("cls_token", ids[:1]), ("sep_token", ids[-1:])):
        token = config.get(key)
        token = token.get("content") if isinstance(token, dict) else token
        if token is not None and [tokenizer.token_to_id(str(token))] != expected:
            return False
    normalizer = tokenizer.normalizer
    rebuilt = config.get("tokenizer_class") not in _FILE_TOKENIZERS
    return (
        # On which side texts are padded must not matter, and here it does not.
        config.get("truncation_side", "right") == "right"
        and not (
            rebuilt
            and isinstance(normalizer, BertNormalizer)
            and any(
                config.get(key, default) != getattr(normalizer, name)
                for key, (name, default) in _NORMALIZER.items()
            )
        )
    )
