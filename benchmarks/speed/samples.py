"""What is measured: chunks of real documents, and folders of as many documents as are asked for."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from vouch.embedders.model_card import ModelCard
from vouch.schemas.settings import ChunkingSettings, EmbeddingSettings, ParsingSettings
from vouch.workers.sandbox import Sandbox

CORPORA = {"peps/base": "*.rst", "prefect_docs/base": "*.md*"}


@dataclass(frozen=True, slots=True)
class Texts:
    """What is embedded of some documents, and how many tokens each text has."""

    texts: list[str]
    tokens: list[int]


def documents(corpora: Path, name: str, most: int | None = None) -> list[Path]:
    """The documents of a corpus in an order of no meaning that is the same each time; the first `most` of them."""
    found = sorted(path for path in (corpora / name).rglob(CORPORA[name]) if path.is_file())
    random.Random(0).shuffle(found)
    return found[:most]


def texts(files: list[Path], most: int) -> Texts:
    """Of the chunks of `files` by the default settings, `most` at random."""
    card = ModelCard.find(EmbeddingSettings(), Path())
    with Sandbox(ParsingSettings(), ChunkingSettings(), card.tokenizer) as sandbox:
        parsed = [sandbox.parse(file.read_bytes(), file.name) for file in files]
        chunks = [chunk for future in parsed for chunk in sandbox.result(future).chunks]
    random.Random(1).shuffle(chunks)
    chosen = chunks[:most]
    return Texts(
        [chunk.embedding_input for chunk in chosen], [chunk.token_count for chunk in chosen]
    )


def multiplied(sources: list[Path], count: int, folder: Path) -> Iterator[Path]:
    """Write `count` documents below `folder`: the sources again and again, under other names and otherwise as they are."""
    for number in range(count):
        source = sources[number % len(sources)]
        target = (
            folder / f"{number // len(sources):03}" / f"{number % len(sources):04}-{source.name}"
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
        yield target
