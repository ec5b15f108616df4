"""Samples: chunks of real documents, and folders of any number of documents."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vouch.embedders.models import find_model
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Sandbox

CORPORA = {"peps/base": "*.rst", "prefect_docs/base": "*.md*"}


@dataclass(frozen=True, slots=True)
class Texts:
    """Texts to embed, and the number of tokens of each."""

    texts: list[str]
    tokens: list[int]


def documents(corpora: Path, name: str, most: int | None = None) -> list[Path]:
    """Return the first `most` documents of a corpus, in a fixed random order."""
    paths = sorted(path for path in (corpora / name).rglob(CORPORA[name]) if path.is_file())
    random.Random(0).shuffle(paths)
    return paths[:most]


def texts(files: list[Path], most: int) -> Texts:
    """Return `most` random chunks of `files`, made with the default settings."""
    card = find_model(EmbeddingSettings(), Path())
    with Sandbox(ParsingSettings(), ChunkingSettings(), card.tokenizer) as sandbox:
        parsed = [sandbox.parse(file.read_bytes(), file.name) for file in files]
        chunks = [chunk for future in parsed for chunk in sandbox.result(future).chunks]
    random.Random(1).shuffle(chunks)
    chosen = chunks[:most]
    return Texts(
        [chunk.embedding_input for chunk in chosen], [chunk.token_count for chunk in chosen]
    )


def multiplied(sources: list[Path], count: int, folder: Path) -> Iterator[Path]:
    """Write `count` documents below `folder`, repeating the sources under different names."""
    for number in range(count):
        source = sources[number % len(sources)]
        target = (
            folder / f"{number // len(sources):03}" / f"{number % len(sources):04}-{source.name}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        yield target
