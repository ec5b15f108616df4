"""How much of a changed document is embedded again: `python -m benchmarks.changes CORPORA`.

Each document that a step of a history modifies is parsed before and after. Chunks of the new
version whose text is in no chunk of the old version count as new. The baseline splits the same
canonical texts with LangChain's recursive splitter, to the same number of tokens, without overlap.
"""

import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from langchain_text_splitters import RecursiveCharacterTextSplitter

from vouch.chunkers.chunker import chunk
from vouch.embedders.models import find_model
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Document
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings

Cut = Callable[[Document], list[str]]


def tables(corpora: Path) -> Iterator[str]:
    """Yield one table: by history and chunker, the documents, their chunks, and the new chunks."""
    cuts = _cuts()
    lines = [
        "### What a change embeds again\n",
        "| history | chunker | documents | chunks | new | share |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for history in ("peps", "prefect_docs"):
        counts = {name: [0, 0] for name in cuts}
        documents = 0
        for before, after in changes(corpora / history):
            documents += 1
            for name, cut in cuts.items():
                existing, current = set(cut(before)), cut(after)
                counts[name][0] += len(current)
                counts[name][1] += sum(text not in existing for text in current)
        lines += [
            f"| {history} | {name} | {documents:,} | {total:,} | {new:,} | {new / total:.1%} |"
            for name, (total, new) in counts.items()
        ]
    yield "\n".join(lines)


def _cuts() -> dict[str, Cut]:
    tokenizer = find_model(EmbeddingSettings(), Path.cwd()).tokenizer
    settings = ChunkingSettings()
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=settings.max_tokens,
        chunk_overlap=0,
        length_function=lambda text: len(tokenizer.tokens(text).spans),
    )
    return {
        "vouch": lambda document: [
            piece.embedding_input for piece in chunk(document, settings, tokenizer)
        ],
        "recursive splitter": lambda document: splitter.split_text(document.text),
    }


def changes(history: Path) -> Iterator[tuple[Document, Document]]:
    """Yield each document that a step modifies, before and after."""
    newest: dict[str, Path] = {}
    for step in sorted((history / "steps").iterdir()):
        with (step / "changes.tsv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        for row in rows:
            path, current = row["path"], step / "files" / row["path"]
            if row["status"] == "M":
                pair = _parsed(newest.get(path, history / "base" / path)), _parsed(current)
                if pair[0] and pair[1]:
                    yield pair[0], pair[1]
            if current.is_file():
                newest[path] = current


def _parsed(file: Path) -> Document | None:
    try:
        return parse(file.read_bytes(), file.name)
    except DocumentRejected:
        return None


if __name__ == "__main__":
    print("\n\n".join(tables(Path(sys.argv[1]))))
