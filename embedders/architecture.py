"""Which models `vouch.embedders.bert` can run by itself: encoders of the BERT family, as sentence-transformers packs them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

Pooling: TypeAlias = Literal["mean", "cls"]

# Where positions are counted from: RoBERTa's begin behind the padding token's own number.
_FAMILIES = {"bert": False, "roberta": True, "xlm-roberta": True, "camembert": True}
_STAGES = {"Transformer", "Pooling", "Normalize"}


@dataclass(frozen=True, slots=True)
class Architecture:
    """What the forward pass has to know besides the weights."""

    layers: int
    heads: int
    epsilon: float
    first_position: int
    pooling: Pooling

    @classmethod
    def read(cls, folder: Path) -> "Architecture | None":
        """Of the model in `folder`; None where anything about it is not of this family, so that it has to run elsewhere."""
        config, pooling = _json(folder / "config.json"), _json(folder / "1_Pooling" / "config.json")
        way = _pooling(pooling)
        if way is None or not _plain(config) or not _plainly_packed(folder):
            return None
        shifted = _FAMILIES[config["model_type"]]
        return cls(
            layers=config["num_hidden_layers"],
            heads=config["num_attention_heads"],
            epsilon=config["layer_norm_eps"],
            first_position=config["pad_token_id"] + 1 if shifted else 0,
            pooling=way,
        )


def _plain(config: dict[str, Any]) -> bool:
    return (
        config.get("model_type") in _FAMILIES
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") in ("absolute", None)
        and not config.get("is_decoder")
    )


def _plainly_packed(folder: Path) -> bool:
    """Transformer, pooling, perhaps normalisation; no prompt or lower-casing of sentence-transformers' own."""
    modules = _json(folder / "modules.json")
    stages = {str(module["type"]).rsplit(".", 1)[-1] for module in modules}
    own = _json(folder / "sentence_bert_config.json").get("do_lower_case")
    prompt = _json(folder / "config_sentence_transformers.json").get("default_prompt_name")
    return {"Transformer", "Pooling"} <= stages <= _STAGES and not own and not prompt


def _pooling(config: dict[str, Any]) -> Pooling | None:
    """By the one mode that is on; sentence-transformers has written them in two ways."""
    mode = config.get("pooling_mode")
    on = (
        [mode]
        if mode
        else [
            name
            for name, value in config.items()
            if name.startswith("pooling_mode_") and value is True
        ]
    )
    if on in (["mean"], ["pooling_mode_mean_tokens"]):
        return "mean"
    return "cls" if on in (["cls"], ["pooling_mode_cls_token"]) else None


def _json(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Nothing where there is no such file."""
    return json.loads(file.read_text("utf-8")) if file.is_file() else {}
