"""A small index with a file of every kind, and every kind of damage to a file."""

import json
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

from tests.pipeline.local_runs import repair
from tests.pipeline.steps import configure, indexed, run, tables, write
from vouch.index.search.index import Index
from vouch.index.store.checksums import record_checksums
from vouch.index.store.lance_files import Manifest, TableFiles
from vouch.index.store.tables import KEYS
from vouch.index.vectors.vector_index import VectorIndex, record_vector_index
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.schemas.errors import IndexError_
from vouch.storage.at_once import at_once
from vouch.storage.location import Location, StoredFile

QUERY = "what is written about the lighthouse of number seven"
CHUNK = (
    "chunk_id", "document_id", "uri", "title", "text", "embedded_text", "heading_path", "char_start",
    "char_end", "token_count", "text_sha256", "content_sha256", "flags", "metadata",
)  # fmt: skip
DOCUMENT = ("document_id", "uri", "status", "canonical_sha256", "content_sha256", "chunk_count")


def make_index(folder: Path, model: Path, bucket: Location | None = None) -> Path:
    """Make a project whose index has several states, deletions, rejects, and all kinds of search
    index; return its settings.
    """
    limits = {"min_recall": 0.5, "max_delete_share": 1.0}
    place = {"path": f"{bucket}/{folder.name}"} if bucket else {}
    storage = {"options": bucket.options} if bucket else {}
    settings = configure(folder, model, index=limits | place, storage=storage)
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


def newest(table: Location) -> Manifest:
    manifests = TableFiles.of(table).manifests()
    manifest = manifests[max(manifests)]
    assert manifest is not None
    return manifest


def files_by_kind(index: Location) -> dict[str, list[str]]:
    """Return the files of the index by table and kind; `old` are those that only kept states need."""
    kinds: dict[str, list[str]] = {}
    for name in KEYS:
        files = TableFiles.of(index / f"{name}.lance")
        now, tagged = newest(files.location), files.tagged_versions().values()
        ages = {
            file: "newest" if version == now.version else "kept" if version in tagged else "old"
            for version, file in files.versions.items()
        }
        for file in sorted(files.present):
            folder, *rest = file.split("/")
            kind = folder.strip("_")
            if folder == "_versions":
                kind = f"{ages.get(file, 'hint')} manifest"
            elif folder in ("data", "_deletions"):
                kind = kind if file in now.row_files else f"old {kind}"
            elif folder == "_indices":
                kind = now.indexes.get(rest[0], "old")
            elif folder == "_refs":
                kind = "tags"
            kinds.setdefault(f"{name} {kind}", []).append(f"{name}.lance/{file}")
    return {kind: files for kind, files in kinds.items() if "hint" not in kind}


def flip(place: float) -> Callable[[Location], None]:
    def damage(file: Location) -> None:
        data = bytearray(file.read_bytes())
        data[min(len(data) - 1, int(place * len(data)))] ^= 0xFF
        file.write_bytes(data)

    return damage


def keep(share: float, less: int = 0) -> Callable[[Location], None]:
    def damage(file: Location) -> None:
        data = file.read_bytes()
        file.write_bytes(data[: max(0, int(share * len(data)) - less)])

    return damage


def replace_by_garbage(file: Location) -> None:
    file.write_bytes(random.Random(0).randbytes(file.stat().size))


DAMAGES: dict[str, Callable[[Location], None]] = {
    "missing": lambda file: file.delete(),
    "empty": keep(0.0),
    "half": keep(0.5),
    "end cut": keep(1.0, less=3),
    "garbage": replace_by_garbage,
    "head flipped": flip(0.02),
    "middle flipped": flip(0.5),
    "tail flipped": flip(0.98),
}


def copy_of(settings: Path, folder: Path) -> Path:
    """Copy a project, with an index of its own; return its settings."""
    copied = Path(shutil.copytree(settings.parent, folder)) / settings.name
    index = read_settings(settings).index_location
    if not index.is_local:
        content = json.loads(settings.read_text())
        content["index"]["path"] = f"{index}-{token_hex(4)}"
        copied.write_text(json.dumps(content))
        copy = read_settings(copied).index_location

        def copy_file(file: StoredFile) -> None:
            (copy / file.path).write_bytes((index / file.path).read_bytes())

        at_once(copy_file, index.files())
        record_checksums(copy)  # the entity tags of a place say nothing of another one
    return copied


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
