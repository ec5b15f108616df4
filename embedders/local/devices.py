"""Where models of sentence-transformers run: device, cores, size of batches, backend."""

from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

import torch

from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.schemas.errors import EmbeddingError

Backend: TypeAlias = Literal["torch", "onnx", "openvino"]

_CPU_TOKENS = 1024  # of a batch, which stays in a core's cache
_MOST_TOKENS = 65_536  # beyond, a GPU is no faster
_LEAST_TOKENS = 2_048
# Numbers that a forward pass keeps for a token, in widths of the model: queries, keys, values,
# states, the wide layer of the feed-forward and its products; with room for what kernels need.
_WIDTHS_PER_TOKEN = 32
_SHARE_OF_MEMORY = 0.5  # of what is free: fragments, and whoever else uses the device
_PACKAGES = {
    "onnx": (("optimum.onnxruntime", "onnxruntime"), "sentence-transformers[onnx]"),
    "openvino": (("optimum.intel", "openvino"), "sentence-transformers[openvino]"),
}


def chosen_device(card: LocalModelCard) -> str:
    """Return the torch device that the settings name; by default an accelerator where there is
    one. Raises `EmbeddingError` for one that is not there.
    """
    setting, backend = card.settings.device, card.settings.backend
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    if backend in _PACKAGES:
        if setting not in ("auto", "cpu"):
            raise EmbeddingError(
                f"embedding.backend {backend} runs on the CPU here, and embedding.device is "
                f"{setting[:100]!r}; leave one of them out"
            )
        return "cpu"
    if setting == "auto":
        return accelerator.type if accelerator else "cpu"
    try:
        device = torch.device(setting)
    except RuntimeError:
        raise EmbeddingError(
            f"embedding.device: {setting[:100]!r} is no device of torch; use auto, cpu, cuda, "
            "cuda:1 or mps"
        ) from None
    if device.type == "cpu":
        return setting
    if accelerator is None or device.type != accelerator.type:
        there = f"only {accelerator.type}" if accelerator else "only the CPU"
        raise EmbeddingError(
            f"embedding.device: there is no {setting[:100]!r} here, torch sees {there}; set it to "
            "auto, or install torch for this device"
        )
    if (device.index or 0) >= torch.accelerator.device_count():
        raise EmbeddingError(
            f"embedding.device: there is no {setting[:100]!r} here, only "
            f"{torch.accelerator.device_count()} of {device.type}, counted from 0"
        )
    return setting


def use_cores(device: str, threads: int) -> None:
    """Let torch work on a text with so many threads. Only ever more: in a user's own process its
    number is the user's.
    """
    if device == "cpu" and threads > torch.get_num_threads():
        torch.set_num_threads(threads)


def batch_tokens(device: str, width: int, dtype: torch.dtype) -> int:
    """Return the tokens of the first batch, by the device's free memory; `width` is the model's."""
    if torch.device(device).type == "cpu":
        return _CPU_TOKENS
    try:
        free, _ = torch.accelerator.get_memory_info(torch.device(device))
    except (RuntimeError, NotImplementedError):  # a device that does not say
        return _LEAST_TOKENS
    tokens = int(_SHARE_OF_MEMORY * free / (_WIDTHS_PER_TOKEN * width * dtype.itemsize))
    return min(max(tokens, _LEAST_TOKENS), _MOST_TOKENS)


def backend_of(card: LocalModelCard) -> Backend:
    """Return by what sentence-transformers runs the model. Raises `EmbeddingError` where a package
    for it is missing.
    """
    backend = card.settings.backend
    if backend == "auto" or backend == "torch":
        return "torch"
    modules, package = _PACKAGES[backend]
    missing = [name for name in modules if not _is_installed(name)]
    if missing:
        raise EmbeddingError(
            f"embedding.backend is {backend}, which needs packages that are not installed here "
            f"({', '.join(missing)}): install {package!r}, or set it to auto"
        )
    return backend


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # its parent is missing
        return False


def loading_arguments(backend: Backend, dtype: torch.dtype) -> dict[str, Any]:
    """Return how sentence-transformers is to load a model, so that it reaches no hub, runs no code
    of the model's folder and reads no pickled weights.
    """
    # Arguments, not environment variables: a search in a user's process must not change that
    # process's environment.
    own: dict[Backend, dict[str, Any]] = {
        "torch": {"torch_dtype": dtype, "use_safetensors": True},
        "onnx": {"provider": "CPUExecutionProvider"},
        "openvino": {"ov_config": {"INFERENCE_PRECISION_HINT": _OPENVINO[dtype]}},
    }
    return {
        "backend": backend,
        "local_files_only": True,
        "trust_remote_code": False,
        "model_kwargs": own[backend],
    }


_OPENVINO = {torch.float32: "f32", torch.bfloat16: "bf16"}
