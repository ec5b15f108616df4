"""Which models `vouch.embedders.bert` can run: encoders of the BERT family.

Their files are laid out as sentence-transformers writes them: `config.json`, `modules.json`,
`1_Pooling/config.json`.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

Pooling: TypeAlias = Literal["mean", "cls"]

# By `model_type`, whether positions are counted from behind the padding token's id, as RoBERTa
# does, instead of from 0.
_FAMILIES = {"bert": False, "roberta": True, "xlm-roberta": True, "camembert": True}
_MODULES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True, slots=True)
class Architecture:
    """What the forward pass needs to know besides the weights."""

    layers: int
    heads: int
    epsilon: float
    first_position: int
    pooling: Pooling

    @classmethod
    def read(cls, folder: Path) -> "Architecture | None":
        """Read the architecture of the model in `folder`.

        Returns None where anything about the model is unsupported, so that sentence-transformers
        must run it.
        """
        config = _read_json(folder / "config.json")
        pooling = _pooling(_read_json(folder / "1_Pooling" / "config.json"))
        if pooling is None or not _is_supported(config) or not _has_plain_modules(folder):
            return None
        is_shifted = _FAMILIES[config["model_type"]]
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
            first_position=config["pad_token_id"] + 1 if is_shifted else 0,
            pooling=pooling,
        )


def _is_supported(config: dict[str, Any]) -> bool:
    return (
        config.get("model_type") in _FAMILIES
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") in ("absolute", None)
        and not config.get("is_decoder")
    )


def _has_plain_modules(folder: Path) -> bool:
    """Return whether the modules are transformer, pooling and perhaps normalisation.

    A default prompt or lower-casing by sentence-transformers would change the tokens.
    """
    modules = _read_json(folder / "modules.json")
    names = {str(module["type"]).rsplit(".", 1)[-1] for module in modules}
    lower_case = _read_json(folder / "sentence_bert_config.json").get("do_lower_case")
    prompt = _read_json(folder / "config_sentence_transformers.json").get("default_prompt_name")
    return {"Transformer", "Pooling"} <= names <= _MODULES and not lower_case and not prompt


def _pooling(config: dict[str, Any]) -> Pooling | None:
    """Return the single active pooling mode, or None where it is unsupported."""
    # Newer sentence-transformers write `pooling_mode`, older ones a flag for each mode.
    if mode := config.get("pooling_mode"):
        modes = [mode]
    else:
        modes = [
            name.removeprefix("pooling_mode_")
            for name, value in config.items()
            if name.startswith("pooling_mode_") and value is True
        ]
    if modes in (["mean"], ["mean_tokens"]):
        return "mean"
    return "cls" if modes in (["cls"], ["cls_token"]) else None


def _read_json(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return the content of a JSON file, `{}` where there is no such file."""
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}
