"""Which files of a model's folder decide its vectors, read so that none of them can do harm.

No file is executed, and one that cannot be what it should be is refused by a sentence that names
it.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from safetensors import SafetensorError, safe_open

from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import EmbeddingError

MODULES = "modules.json"
SENTENCE_TRANSFORMERS = "config_sentence_transformers.json"
TOKENIZER = "tokenizer.json"
WEIGHTS = "model.safetensors"
_SHARDS = "model.safetensors.index.json"
# sentence-transformers reads the first of these that has something in it.
_SENTENCE_CONFIGS = tuple(
    f"sentence_{family}_config.json"
    for family in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
_MAX_JSON_MB = 256  # the largest tokenizer.json of a published model has 33
# Modules that change vectors by their configuration, and those that have weights besides.
_WITHOUT_WEIGHTS = {"Transformer", "Pooling", "Normalize", "Dropout"}
_WITH_WEIGHTS = {"Dense", "LayerNorm", "WeightedLayerPooling", "CNN", "LSTM"}
_PACKAGE = "sentence_transformers."
# Files besides JSON from which a tokenizer can be made.
_TOKENIZER_FILES = {"vocab.txt", "merges.txt"}
_TOKENIZER_SUFFIXES = {".model", ".spm", ".bpe"}
# What no forward pass reads: notes of a training, and settings of models that write text.
_NOTES = {
    "data_config.json",
    "trainer_state.json",
    "train_results.json",
    "eval_results.json",
    "all_results.json",
    "generation_config.json",
}
# Who wrote the folder, what only training reads, and what Vouch sets itself (the type of weights).
_BACKEND_FILES = {
    "onnx": ("*.onnx*", "onnx/*.onnx*"),
    "openvino": ("openvino_*", "openvino/*"),
}
_IRRELEVANT = {
    "config.json": {
        "_name_or_path",
        "transformers_version",
        "torch_dtype",
        "dtype",
        "use_cache",
        "gradient_checkpointing",
        "initializer_range",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        "classifier_dropout",
    },
    "tokenizer_config.json": {
        "name_or_path",
        "tokenizer_file",
        "special_tokens_map_file",
        "is_local",
        "local_files_only",
    },
}


def read_json(file: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a JSON file holds, `{}` where there is no such file. Raises `EmbeddingError`."""
    try:
        if not file.exists():
            return {}
        if not file.is_file():
            raise EmbeddingError(f"{file} is not a file; fetch the model again")
        if file.stat().st_size > _MAX_JSON_MB * 1_000_000:
            raise EmbeddingError(
                f"{file} has more than {_MAX_JSON_MB} MB, which no model needs; fetch the model "
                "again"
            )
        return json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise _unreadable(file, error) from error
    except RecursionError as error:
        raise EmbeddingError(f"{file} is nested too deeply; fetch the model again") from error
    except ValueError as error:
        raise EmbeddingError(f"{file} is not JSON ({error}); fetch the model again") from error


def read_object(file: Path) -> dict[str, Any]:
    """Return the keys and values of a JSON file, none where there is no such file.

    Raises `EmbeddingError`, also where the file holds anything else.
    """
    content = read_json(file)
    if not isinstance(content, dict):
        raise EmbeddingError(f"{file} holds no keys and values; fetch the model again")
    return content


def sentence_config(folder: Path) -> dict[str, Any]:
    """Return how sentence-transformers is to call the transformer, as `max_seq_length`."""
    return next(filter(None, (read_object(folder / name) for name in _SENTENCE_CONFIGS)), {})


def default_prompt(folder: Path) -> str:
    """Return what sentence-transformers puts before each text without being asked to."""
    config = read_object(folder / SENTENCE_TRANSFORMERS)
    prompts = config.get("prompts")
    name = config.get("default_prompt_name")
    prompt = prompts.get(name) if isinstance(prompts, dict) and isinstance(name, str) else None
    return prompt if isinstance(prompt, str) else ""


def truncate_dim(folder: Path) -> int | None:
    """Return how many components of a vector sentence-transformers keeps; None for all.

    Raises `EmbeddingError` where that cannot be.
    """
    file = folder / SENTENCE_TRANSFORMERS
    value = read_object(file).get("truncate_dim")
    if value is None or (isinstance(value, int) and value > 0 and value is not True):
        return value
    raise EmbeddingError(
        f"{file}: truncate_dim is {str(value)[:40]!r}, which is no length of vectors; fetch the "
        "model again"
    )


def backend_files(folder: Path, backend: str) -> list[Path]:
    """Return the model's files for a backend that has files of its own, in order."""
    patterns = _BACKEND_FILES.get(backend, ())
    return sorted(file for pattern in patterns for file in folder.glob(pattern) if file.is_file())


def pools_prompts(folder: Path) -> bool:
    """Return whether the tokens of a prompt count in the mean over a text's tokens."""
    poolings = [path for name, path in modules(folder) if name == "Pooling"]
    return all(
        read_object(folder / path / "config.json").get("include_prompt", True) is not False
        for path in poolings
    )


def modules(folder: Path) -> tuple[tuple[str, str], ...]:
    """Return the name of each module's class and its folder; none where there is no modules.json.

    Raises `EmbeddingError` for a class that is not one of sentence-transformers, since to import
    another one would run its code, for a folder outside the model's, and for weights that are
    not safetensors.
    """
    file = folder / MODULES
    entries = read_json(file) or []
    if not isinstance(entries, list):
        raise EmbeddingError(f"{file} is not a list of modules; fetch the model again")
    return tuple(_module(file, entry) for entry in entries)


def _module(file: Path, entry: Any) -> tuple[str, str]:  # noqa: ANN401 - whatever the file holds
    kind, path = (entry.get("type"), entry.get("path")) if isinstance(entry, dict) else (None, None)
    if not isinstance(kind, str) or not isinstance(path, str):
        raise EmbeddingError(f"{file} has a module without type and path; fetch the model again")
    name = kind.rsplit(".", 1)[-1]
    names = _WITHOUT_WEIGHTS | _WITH_WEIGHTS
    if not kind.startswith(_PACKAGE) or name not in names:
        raise EmbeddingError(
            f"{file} names the module {kind[:200]!r}, which Vouch does not run; use a model made "
            f"of these modules of sentence-transformers: {', '.join(sorted(names))}"
        )
    parts = PurePosixPath(path.replace("\\", "/"))
    if parts.is_absolute() or ".." in parts.parts or "\0" in path:
        raise EmbeddingError(
            f"{file} names the folder {path[:200]!r} outside the model's; fetch the model again"
        )
    inner = file.parent / path
    if name in _WITH_WEIGHTS and not (inner / WEIGHTS).is_file():
        raise EmbeddingError(
            f"{inner} holds no {WEIGHTS}, and Vouch loads no other weight format; save the model "
            "again with a newer sentence-transformers"
        )
    activation = read_object(inner / "config.json").get("activation_function", "torch.nn.")
    if name == "Dense" and not str(activation).startswith("torch.nn."):
        raise EmbeddingError(
            f"{inner / 'config.json'} names the activation function {str(activation)[:200]}, "
            "which Vouch does not run; use one of torch.nn"
        )
    return name, path


def weight_files(folder: Path) -> list[Path]:
    """Return the files of the transformer's weights, those that transformers would load.

    Raises `EmbeddingError` where there are none.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    shards = read_object(folder / _SHARDS).get("weight_map")
    names = sorted({str(name) for name in shards.values()}) if isinstance(shards, dict) else []
    files = [folder / name for name in names if name == Path(name).name]
    if not files or len(files) != len(names) or not all(file.is_file() for file in files):
        raise EmbeddingError(
            f"{folder} holds no {WEIGHTS}, nor all files of its {_SHARDS}; Vouch loads no other "
            "weight format; fetch the model again"
        )
    return files


def check_weights(folder: Path) -> None:
    """Raise `EmbeddingError` where a file of weights cannot be opened; reads no weights."""
    inner = [folder / path / WEIGHTS for name, path in modules(folder) if name in _WITH_WEIGHTS]
    for file in [*weight_files(folder), *inner]:
        try:
            # Compares the header with the length of the file, so that no size in it is believed.
            with safe_open(file, "pt"):
                pass
        except (SafetensorError, OSError) as error:
            raise EmbeddingError(
                f"the weights in {file} cannot be loaded: {error}; fetch the model again"
            ) from error


def content_hashes(folder: Path, prompt: str = "") -> dict[str, str]:
    """Return a hash of each file besides weights that decides vectors, by its path in the folder.

    Settings are hashed by what they mean: neither their layout nor keys that change no vector
    count. `prompt` is the default prompt, where it is put before each text. Raises `EmbeddingError`
    where a file cannot be read.
    """
    folders = dict.fromkeys(["", *(path.strip("/") for _, path in modules(folder))])
    files = {
        file.relative_to(folder).as_posix(): file
        for inner in folders
        for file in _deciding_files(folder / inner)
    }
    hashes = {}
    for name, file in sorted(files.items()):
        if file.suffix != ".json" or file.name == TOKENIZER:
            # tokenizer.json by its bytes: the fingerprint of chunks counts them as well.
            hashes[name] = file_sha256(file)
        elif (meaning := _meaning(folder, file, prompt)) not in ({}, [], None):
            hashes[name] = sha256_text(json.dumps(meaning, sort_keys=True))
    return hashes


def _deciding_files(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        for file in entries:
            decides = (
                (file.suffix == ".json" and file.name not in _NOTES)
                or file.name in _TOKENIZER_FILES
                or file.suffix in _TOKENIZER_SUFFIXES
            )
            if not decides:
                continue
            if not file.is_file():
                # A link to nothing, or what would be waited for without end.
                raise EmbeddingError(f"{file} is not a file; fetch the model again")
            yield file
    except OSError as error:
        raise _unreadable(folder, error) from error


def _meaning(folder: Path, file: Path, prompt: str) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a JSON file says about vectors."""
    if file == folder / MODULES:
        return [
            [name, path.strip("/"), entry.get("kwargs", [])]
            for (name, path), entry in zip(modules(folder), read_json(file), strict=True)
        ]
    if file == folder / SENTENCE_TRANSFORMERS:
        kind = read_object(file).get("model_type", "SentenceTransformer")
        meaning = {"prompt": prompt, "model_type": kind}
        return meaning if meaning != {"prompt": "", "model_type": "SentenceTransformer"} else {}
    content = read_json(file)
    if not isinstance(content, dict):
        return content
    irrelevant = _IRRELEVANT.get(file.name, set())
    return {
        key: value for key, value in content.items() if value is not None and key not in irrelevant
    }


def file_sha256(file: Path) -> str:
    """Return the hash of a file's bytes, which need not fit into memory.

    Raises `EmbeddingError` where it cannot be read.
    """
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: OSError) -> EmbeddingError:
    return EmbeddingError(
        f"{file} cannot be read ({error.strerror}); correct its permissions, or fetch the model "
        "again"
    )
