"""Architecture: which models the packed forward pass accepts."""

from pathlib import Path

import pytest

from tests.embedders.models import edited_model
from vouch.embedders.local.architecture import Architecture, UnsupportedModel


def test_a_bert_model_is_read(tiny_model: Path):
    architecture = Architecture.read(tiny_model)
    assert (architecture.pooling, architecture.first_position) == ("mean", 0)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("config.json", {"model_type": "mpnet"}),
        ("config.json", {"hidden_act": "relu"}),
        ("config.json", {"position_embedding_type": "relative_key"}),
        (
            "1_Pooling/config.json",
            {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True},
        ),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("sentence_bert_config.json", {"do_lower_case": True}),
    ],
)
def test_unsupported_models_are_left_to_sentence_transformers(
    tiny_model: Path, tmp_path: Path, name: str, changes: dict[str, object]
):
    with pytest.raises(UnsupportedModel):
        Architecture.read(edited_model(tiny_model, tmp_path, name, **changes))
