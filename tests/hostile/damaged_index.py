"""A small index with a file of every kind, and every kind of damage to a file."""

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, indexed, run, tables, write
from vouch.index.search.search import Index
from vouch.index.store.lance_files import Manifest, TableFiles
from vouch.index.store.tables import KEYS
from vouch.index.vectors.vector_index import VectorIndex, record_vector_index
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.errors import IndexError_

QUERY = "what is written about the lighthouse of number seven"
CHUNK = (
    "chunk_id", "document_id", "uri", "title", "text", "embedded_text", "heading_path", "char_start",
    "char_end", "token_count", "text_sha256", "content_sha256", "flags", "metadata",
)  # fmt: skip
DOCUMENT = ("document_id", "uri", "status", "canonical_sha256", "content_sha256", "chunk_count")


def make_index(folder: Path, model: Path) -> Path:
    """Make a project whose index has several states, deletions, rejects, and all kinds of search
    index; return its settings.
    """
    settings = configure(folder, model, index={"min_recall": 0.5, "max_delete_share": 1.0})
    for number in range(12):
        sentences = f"The lighthouse of number {number} stands on rock {number * 7}. " * 25
        write(settings, f"{number}.md", f"# Number {number}\n\n{sentences}")
    write(settings, "empty.txt", "")
    run(settings)
    write(settings, "3.md", "# Number 3\n\nIts lighthouse was rebuilt." + " It shines." * 40)
    (folder / "documents/11.md").unlink()
    run(settings)
    _index_vectors(settings)
    write(settings, "12.md", "# Number 12\n\nThe lighthouse of number 12 is new.")
    (folder / "documents/10.md").unlink()
    run(settings)
    return settings


def _index_vectors(settings: Path) -> None:
    """Make the vector index that `vouch maintain` would make of many more rows."""
    chunks = tables(settings).chunks
    index = VectorIndex(kind="IVF_FLAT", partitions=2, nprobes=2, rows=chunks.count_rows())
    index.build(chunks)
    record_vector_index(chunks, index)


@dataclass(frozen=True)
class Published:
    """What readers see."""

    chunks: list[dict]
    documents: list[dict]
    hits: list[str]

    @classmethod
    def of(cls, settings: Path) -> "Published":
        return cls(
            sorted(indexed(settings, "chunks", *CHUNK), key=lambda row: row["chunk_id"]),
            sorted(indexed(settings, "documents", *DOCUMENT), key=lambda row: row["document_id"]),
            search(settings),
        )


def search(settings: Path) -> list[str]:
    """Return the ids of the best chunks, by vector and by words; those are exact."""
    index = Index(read_settings(settings).index_location)
    return sorted(hit.chunk_id for hit in index.search(QUERY, 50, breadth="all"))


def newest(table: Path) -> Manifest:
    manifests = TableFiles.of(table).manifests()
    manifest = manifests[max(manifests)]
    assert manifest is not None
    return manifest


def files_by_kind(index: Path) -> dict[str, list[Path]]:
    """Return the files of the index by table and kind; `old` are those that only kept states need."""
    kinds: dict[str, list[Path]] = {}
    for name in KEYS:
        table = index / f"{name}.lance"
        now = newest(table)
        files = TableFiles.of(table)
        tagged = files.tagged_versions().values()
        for version, file in files.versions.items():
            age = "newest" if version == now.version else "kept" if version in tagged else "old"
            kinds.setdefault(f"{name} {age} manifest", []).append(table / file)
        for kind in ("data", "_deletions"):
            for file in sorted((table / kind).glob("*")):
                is_old = file.relative_to(table).as_posix() not in now.row_files
                age = "old " if is_old else ""
                kinds.setdefault(f"{name} {age}{kind.strip('_')}", []).append(file)
        for file in sorted((table / "_indices").glob("*/*")):
            index_name = now.indexes.get(file.parent.name, "old")
            kinds.setdefault(f"{name} {index_name}", []).append(file)
        kinds[f"{name} transactions"] = sorted((table / "_transactions").glob("*"))
        kinds[f"{name} tags"] = sorted((table / "_refs/tags").glob("*"))
    return {kind: files for kind, files in kinds.items() if files}


def flip(place: float) -> Callable[[Path], None]:
    def damage(file: Path) -> None:
        data = bytearray(file.read_bytes())
        data[min(len(data) - 1, int(place * len(data)))] ^= 0xFF
        file.write_bytes(data)

    return damage


def replace_by_garbage(file: Path) -> None:
    file.write_bytes(random.Random(0).randbytes(file.stat().st_size))


def cut_half(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def cut_end(file: Path) -> None:
    os.truncate(file, max(0, file.stat().st_size - 3))


def cut_all(file: Path) -> None:
    os.truncate(file, 0)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "missing": Path.unlink,
    "empty": cut_all,
    "half": cut_half,
    "end cut": cut_end,
    "garbage": replace_by_garbage,
    "head flipped": flip(0.02),
    "middle flipped": flip(0.5),
    "tail flipped": flip(0.98),
}


def copy_of(settings: Path, folder: Path) -> Path:
    return Path(shutil.copytree(settings.parent, folder)) / settings.name


def require_way_out(settings: Path, before: Published) -> None:
    """Every command ends with what is right or with a sentence, and a repair brings all back."""
    unaffected = not diagnose(read_settings(settings)).findings
    for command in (search, run):
        try:
            command(settings)
        except IndexError_ as error:
            assert not unaffected, error
            assert "`vouch doctor --repair`" in str(error)
    left = repair(config=str(settings))
    assert left.findings == ()
    # What a lost version had removed from both tables is back until a run lists the source.
    assert set(left.waiting) <= {"removed"}
    if left.waiting:
        run(settings)
    assert Published.of(settings) == before
