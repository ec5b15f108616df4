"""An index of very many chunks of real texts, made by a run, whose vectors are real in part.

Documents are the texts of PEPs, Prefect's documentation and whatever other folders are given, each
as Markdown with an access list and a year in its front matter. To embed 100,000 chunks takes half
an hour of two cores, so the model embeds as many random ones as the time allows. The vector of any
other chunk is that of one of these, moved by normal noise to a cosine of 0.75: near, as the chunks
of a topic are. The texts of such a chunk and its vector have nothing to do with one another.
"""

import random
import time
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

from vouch.embedders.base import Embedded, Vectors
from vouch.embedders.embedder import Embedder
from vouch.embedders.models import find_model
from vouch.pipeline.audit import embedding_gate
from vouch.pipeline.local_runner import run_locally
from vouch.pipeline.run_kinds import ingest
from vouch.pipeline.stages import embedding as embedding_stage
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.workers.sandbox import Parsed, Sandbox

_CORPORA = ("peps/base", "prefect_docs/base")
_SUFFIXES = frozenset((".rst", ".md", ".mdx", ".html", ".txt"))
# Who may read a document: everybody of the staff half of them, each of the teams one in twenty.
TEAMS = tuple(f"team-{number:02}" for number in range(20))
_COSINE = 0.75
_BATCH = 512  # texts
_AT_ONCE = 64  # documents
_SETTINGS = """\
sources:
  - name: texts
    path: documents
parsing:
  workers: 2
index:
  path: data/index
profiles:
  staff:
    filters: [acl in $groups]
    boosts:
      - {where: year>=2020, factor: 1.2}
    decay: {half_life_days: 365}
"""


def write_documents(corpora: Path, more: Sequence[Path], folder: Path, chunks: int) -> None:
    """Write documents below `folder/documents` until they have so many chunks.

    The collections of CORPORA come first, then the files of the other folders in random order.
    """
    target = folder / "documents"
    target.mkdir(parents=True)
    (folder / "vouch.yaml").write_text(_SETTINGS, "utf-8")
    files = [path for name in _CORPORA for path in _files(corpora / name)]
    files += [path for place in more for path in _files(place)]
    written, seen = 0, set()
    for path, parsed in _parsed(files):
        text = parsed.document.text
        digest = sha256(text.encode()).hexdigest()
        if not parsed.chunks or digest in seen:
            continue
        seen.add(digest)
        place = target / digest[:2] / f"{path.stem[:60]}-{digest[:8]}.md"
        place.parent.mkdir(exist_ok=True)
        place.write_text(_as_markdown(path.stem, text, int(digest[:8], 16)), "utf-8")
        written += len(parsed.chunks)
        if written >= chunks:
            return
    raise SystemExit(f"there are only {written:,} chunks; name more folders with texts")


def _files(folder: Path) -> list[Path]:
    files = sorted(p for p in folder.rglob("*") if p.suffix in _SUFFIXES and p.is_file())
    random.Random(0).shuffle(files)
    return files


def _parsed(files: Sequence[Path]) -> Iterator[tuple[Path, Parsed]]:
    card = find_model(EmbeddingSettings(), Path())
    waiting = iter(files)
    with Sandbox(ParsingSettings(workers=2), ChunkingSettings(), card.tokenizer) as sandbox:
        while batch := list(islice(waiting, _AT_ONCE)):
            pending = [(path, sandbox.parse(path.read_bytes(), path.name)) for path in batch]
            for path, future in pending:
                try:
                    yield path, sandbox.result(future)
                except DocumentRejected:
                    continue


def _as_markdown(title: str, text: str, number: int) -> str:
    groups = [TEAMS[number % len(TEAMS)], *(["staff"] if number // len(TEAMS) % 2 else [])]
    # Signs of code would be read as elements of HTML, and left out.
    body = text.replace("&", "&amp;").replace("<", "&lt;")
    return (
        f"---\ntitle: {title}\nacl: [{', '.join(groups)}]\nyear: {2000 + number % 27}\n---\n\n"
        f"{body}\n"
    )


def embed_some(folder: Path, seconds: float) -> int:
    """Embed random chunks of the documents for so many seconds of processor time.

    Keeps the vectors in `folder/vectors.npz`, with those of an earlier call; returns their number.
    """
    # As in a run's embedding process: torch's threads would wait for one another.
    torch.set_num_threads(1)
    files = sorted((folder / "documents").rglob("*.md"))
    random.Random(1).shuffle(files)
    embedder = Embedder(find_model(EmbeddingSettings(), Path()))
    vectors = dict(read_vectors(folder))
    start = time.process_time()
    texts: dict[str, tuple[str, int]] = {}
    for _, parsed in _parsed(files):
        for chunk in parsed.chunks:
            key = sha256_text(chunk.embedding_input)
            if key not in vectors:
                texts[key] = (chunk.embedding_input, chunk.token_count)
        if len(texts) < _BATCH:
            continue
        inputs, tokens = zip(*texts.values(), strict=True)
        vectors |= zip(texts, embedder.embed_documents(inputs, tokens).vectors, strict=True)
        texts = {}
        if time.process_time() - start > seconds:
            break
    np.savez(
        folder / "vectors.npz",
        keys=np.array(list(vectors)),
        vectors=np.stack(list(vectors.values())),
    )
    return len(vectors)


def read_vectors(folder: Path) -> Mapping[str, Vectors]:
    """Return the vectors by the hash of what was embedded."""
    if not (folder / "vectors.npz").exists():
        return {}
    with np.load(folder / "vectors.npz") as saved:
        return dict(zip(saved["keys"].tolist(), saved["vectors"], strict=True))


def build(folder: Path) -> dict[str, Any]:
    """Ingest the documents; return the numbers of chunks, of texts that got a vector, and of those
    whose vector the model `real`ly computed.
    """
    real_vectors = read_vectors(folder)
    base = np.stack(list(real_vectors.values()))
    real = 0

    def embedded(workspace: Any, rows: Mapping[str, Any]) -> Embedded:  # noqa: ANN401
        nonlocal real
        real += len(real_vectors.keys() & rows.keys())
        return Embedded(
            np.stack(
                [real_vectors[key] if key in real_vectors else near(key, base) for key in rows]
            )
        )

    with mock.patch.object(embedding_stage, "_embedded", embedded):
        record = ingest(run_locally, folder / "vouch.yaml")
    counts = record.accounting
    return {"chunks": counts.chunks_published, "computed": counts.vectors_computed, "real": real}


def publish(folder: Path) -> None:
    """Ingest what has changed, by the model, without the check that it gives published vectors
    again: most of them are not its own.
    """
    with mock.patch.object(embedding_gate, "_reproducibility", return_value=[]):
        ingest(run_locally, folder / "vouch.yaml")


def near(key: str, base: Vectors) -> Vectors:
    """Return a unit vector at the cosine 0.75 to one of `base`; both are drawn by the key."""
    generator = np.random.default_rng(int(key[:16], 16))
    start = base[generator.integers(len(base))]
    noise = generator.standard_normal(len(start)).astype(np.float32)
    noise -= (noise @ start) * start
    moved = _COSINE * start + (1 - _COSINE**2) ** 0.5 * noise / np.linalg.norm(noise)
    return (moved / np.linalg.norm(moved)).astype(np.float32)
