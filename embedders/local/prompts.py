"""What a model's folder says is to be put before queries and before texts of documents."""

from dataclasses import dataclass
from pathlib import Path

from vouch.embedders.local.model_files import SENTENCE_TRANSFORMERS, read_object
from vouch.schemas.errors import EmbeddingError

# As sentence-transformers looks for them; the first that is not empty counts.
_QUERY_NAMES = ("query",)
_DOCUMENT_NAMES = ("document", "passage", "corpus")
_MAX_CHARACTERS = 4_000  # instructions of published models have some hundred


@dataclass(frozen=True, slots=True)
class Prompts:
    """Put before each query, and before each text of a document."""

    query: str = ""
    document: str = ""

    @classmethod
    def read(cls, folder: Path) -> "Prompts":
        """Read the prompts of the model in `folder`; none where it names none.

        The default prompt is for texts of which nobody says what they are: it is put before both
        where there is neither a prompt of queries nor one of documents. Raises `EmbeddingError`
        where a prompt is no text, or too long to be one.
        """
        file = folder / SENTENCE_TRANSFORMERS
        config = read_object(file)
        prompts = config.get("prompts") or {}
        if not isinstance(prompts, dict):
            raise EmbeddingError(f"{file}: prompts has no names and texts; fetch the model again")
        query = _first(prompts, _QUERY_NAMES, file)
        document = _first(prompts, _DOCUMENT_NAMES, file)
        if query or document:
            return cls(query, document)
        name = config.get("default_prompt_name")
        if name is None:
            return cls()
        if not isinstance(name, str) or name not in prompts:
            raise EmbeddingError(
                f"{file} names a default prompt that is not among its prompts; fetch the model "
                "again, or correct default_prompt_name"
            )
        default = _first(prompts, (name,), file)
        return cls(default, default)


def _first(prompts: dict[str, object], names: tuple[str, ...], file: Path) -> str:
    """Return the first prompt of these names that is not empty."""
    for name in names:
        prompt = prompts.get(name) or ""
        if not isinstance(prompt, str):
            raise EmbeddingError(
                f"{file}: the prompt {name[:100]!r} is no text; fetch the model again, or set "
                "embedding.query_prefix and embedding.document_prefix"
            )
        if len(prompt) > _MAX_CHARACTERS:
            raise EmbeddingError(
                f"{file}: the prompt {name[:100]!r} has {len(prompt):,} characters, and no model "
                f"was trained with more than {_MAX_CHARACTERS:,}; fetch the model again, or set "
                "embedding.query_prefix and embedding.document_prefix"
            )
        if prompt:
            return prompt
    return ""
