"""Documents in two states, what a run on one machine publishes of each, and the same elsewhere."""

import json
import os
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.cluster.published import Published, differences
from tests.pipeline.local_runs import ingest
from vouch.index.lineage.checks import HealthCheck
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.operations.doctor import diagnose
from vouch.storage.location import Location

_SAMPLE = Path(__file__).parents[2] / "data/sample/documents"
_TEXTS = {".md", ".mdx", ".org", ".txt"}
_ADDED = "\n\nAn added paragraph that was not there before.\n"
LEASE_S = 5


@dataclass(slots=True)
class Corpus:
    """Real documents in small shards; `switch` changes most of them, and changes them back.

    `states` is what a run without cluster and object store publishes of each state.
    """

    folder: Path
    model: Path
    copies: int = 1
    is_changed: bool = False
    states: list[Published] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Copy the documents, and let one machine publish both states, and the first once more."""
        for number in range(self.copies):
            place = self.documents / str(number)
            for part in ("docs", "languages", "mail"):
                shutil.copytree(_SAMPLE / part, place / part)
            for file in self._texts(place):
                _write(file, file.read_text("utf-8") + f"\n\nThis is copy {number}.\n")
            _write(place / "notice.md", "# Notice\n\nThe same text in every copy.")
        _write(self.documents / "broken.json", "{")
        _write(self.documents / "empty.txt", "")
        settings = self.settings("here", {})
        for _ in range(3):
            ingest(config=str(settings))
            self.states.append(Published.of(read_settings(settings).index_location))
            self.switch()
        self.switch()

    @property
    def documents(self) -> Path:
        """The folder of the documents."""
        return self.folder / "documents"

    @property
    def expected(self) -> Published:
        """What is to be published of the present state where the other one was."""
        return self.states[1] if self.is_changed else self.states[2]

    def switch(self) -> None:
        """Change the documents from one state to the other: paragraphs and a folder come or go."""
        for file in self._texts(self.documents):
            text = file.read_text("utf-8")
            changed = text.removesuffix(_ADDED) if text.endswith(_ADDED) else text + _ADDED
            _write(file, changed)
        mail, aside = self.documents / "0/mail", self.folder / "aside"
        shutil.move(*((mail, aside) if mail.exists() else (aside, mail)))
        self.is_changed = not self.is_changed

    def settings(self, name: str, sections: dict[str, Any]) -> Path:
        """Write settings for these documents to a folder of this name, and return their path."""
        place = self.folder / name
        place.mkdir()
        content = {
            "sources": [{"name": "docs", "path": str(self.documents), "compare": "modified"}],
            "embedding": {"model": str(self.model)},
            "parsing": {"workers": 1},
            "index": {"max_delete_share": 1.0} | sections.get("index", {}),
            "run": {"shard_documents": 2} | sections.get("run", {}),
        }
        content |= {key: value for key, value in sections.items() if key not in content}
        (place / "vouch.yaml").write_text(json.dumps(content), "utf-8")
        return place / "vouch.yaml"

    def on_store(
        self, name: str, bucket: str, options: dict[str, str], cluster: dict[str, Any] | None
    ) -> Path:
        """Write settings by which everything but the documents lies in the bucket."""
        run = {"work_path": f"{bucket}/work", "report_path": f"{bucket}/reports"}
        sections = {
            "index": {"path": f"{bucket}/index"},
            "run": run | ({"cluster": cluster} if cluster else {}),
            "storage": {"options": options, "lease_s": LEASE_S},
        }
        return self.settings(name, sections)

    def problems(
        self, settings: Path, expected: Published, twice: set[str], *, one_run: bool = True
    ) -> list[str]:
        """Return where an index is not what one machine publishes, or what lies there in vain.

        Where several runs have published what is compared with one, their sums are not compared,
        and finished shards may lie there until `run.keep_staged_h`. So may all of the shards that
        were begun `twice`.
        """
        file = read_settings(settings)
        findings = {finding.id: finding.examples for finding in diagnose(file).findings}
        if twice or not one_run:
            findings.pop(HealthCheck.NO_LEFTOVERS, None)
        if not one_run:
            expected = replace(expected, record=None)
        return [
            *differences(Published.of(file.index_location), expected),
            *leftovers(file.index_location, file.work_location, twice, finished=one_run),
            *(f"{name}: {examples}" for name, examples in findings.items()),
        ]

    def _texts(self, place: Path) -> list[Path]:
        return sorted(path for path in place.rglob("*") if path.suffix in _TEXTS)


def _write(file: Path, text: str) -> None:
    """Write a document with a modification time that follows from its text: rows have it too."""
    file.write_text(text, "utf-8")
    os.utime(file, (len(text), len(text)))


def leftovers(index: Location, work: Location, twice: set[str], *, finished: bool) -> list[str]:
    """Return what no run needs any more: shards, candidates, branches, leases that are not free.

    Those that were begun `twice` are not among them, and those with a completion marker only where
    `finished`.
    """
    shards: dict[str, set[str]] = {}
    for file in work.files():
        if file.path.startswith("spending/"):  # what runs have spent is kept
            continue
        folder, _, name = file.path.removeprefix("shards/").partition("/")
        shards.setdefault(folder, set()).add(name)
    names = [
        f"work/{name}" for name in shards.keys() - twice if finished or "_DONE" not in shards[name]
    ]
    names += [
        f"index/{file.path}"
        for file in index.files()
        if "/tree/" in file.path or "/_refs/branches/" in file.path
    ]
    leases = index / "leases"
    names += [
        f"index/leases/{file.path}"
        for file in leases.files()
        if not json.loads((leases / file.path).read_text())["free"]
    ]
    return names
