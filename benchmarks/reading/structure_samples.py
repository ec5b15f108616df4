"""What readers find in real files: expected strings, and where the two readers agree."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reading.structure_readers import (
    Read,
    Reading,
    by_unstructured,
    by_vouch,
    files,
    plain,
    read,
)

_LARGEST = 1_000_000  # bytes; the baseline takes minutes for each of the few larger files
# Strings that are part of markitdown's output format and not of the text.
_NOT_TEXT = ("data:image/", "](https://", "# Email Message", "**Subject:**", "## Content")
_SENDER = "From: test.sender@example.com"  # Vouch writes the name before the address


def expectations(folder: Path) -> str:
    """Return a table of the expected strings of each file, and how many each reader finds."""
    vectors = json.loads((folder / "expectations.json").read_text("utf-8"))["GENERAL_TEST_VECTORS"]
    lines = [
        "### Strings that markitdown's tests expect",
        "",
        "| file | strings | vouch | unstructured | vouch s | unstructured s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for vector in vectors:
        data = (
            folder / "packages" / "markitdown" / "tests" / "test_files" / vector["filename"]
        ).read_bytes()
        strings = [
            _as_shown(string)
            for string in vector["must_include"]
            if not string.startswith(_NOT_TEXT)
        ]
        cells, times = [], []
        for reader in (by_vouch, by_unstructured):
            reading, seconds, failure = read(reader, data, vector["filename"])
            text = " ".join(reading.text.split()) if reading else ""
            cells.append(
                str(sum(_contains(text, string) for string in strings)) if reading else failure
            )
            times.append(f"{seconds:.2f}")
        lines.append(f"| {vector['filename']} | {len(strings)} | {' | '.join(cells + times)} |")
    return "\n".join(lines)


def _contains(text: str, string: str) -> bool:
    return string in text or (string == _SENDER and string.removeprefix("From: ") in text)


def _as_shown(markdown: str) -> str:
    """Return the text of a piece of Markdown as it is displayed."""
    text = re.sub(r"^\s*(?:#+|>|\*|```\w*)(?:\s+|$)", "", markdown)
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\))?", r"\1", text).replace("**", "")
    text = re.sub(r"(?<!\w)\*(\w[^*]*)\*", r"\1", text)
    text = re.sub(r"^\|\s*|\s*\|$", "", text)
    return "" if re.fullmatch(r"[\s|:-]*", text) else " ".join(text.split())


@dataclass(slots=True)
class Sample:
    """Counts of one format; pairs are of Vouch and of unstructured.

    `words` are those of each and of both; `types` are, by kind, the agreeing and all of
    unstructured's; `alone` are the files that only one of them reads.
    """

    both: int = 0
    words: list[int] = field(default_factory=lambda: [0, 0, 0])
    types: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    alone: list[int] = field(default_factory=lambda: [0, 0])
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])


def samples(folder: Path) -> str:
    """Return a table of agreement on unstructured's sample files, which have no known truth."""
    by_suffix: dict[str, Sample] = defaultdict(Sample)
    for path in [*files(folder, _LARGEST), *files(folder / "eml", _LARGEST)]:
        data = path.read_bytes()
        ours, theirs = (read(reader, data, path.name) for reader in (by_vouch, by_unstructured))
        _compare(by_suffix[path.suffix.lower()], ours, theirs)
    lines = [
        "### unstructured's sample files",
        f"Files up to {_LARGEST // 1_000_000} MB. titles, items, cells: the share of "
        "unstructured's elements to which Vouch gives the same type.",
        "",
        "| format | read by both | only vouch | only unstructured | its words in ours "
        "| our words in its | titles | items | cells | vouch s | unstructured s |",
        f"|---|{'---:|' * 10}",
    ]
    for suffix, sample in sorted(by_suffix.items()):
        if sample.both or any(sample.alone):
            counts = f"{sample.both} | {sample.alone[0]} | {sample.alone[1]}"
            ours, theirs, common = sample.words
            shares = f"{_share(common, theirs)} | {_share(common, ours)}"
            types = " | ".join(_share(*sample.types[kind]) for kind in ("title", "item", "cell"))
            seconds = " | ".join(f"{seconds:.1f}" for seconds in sample.seconds)
            lines.append(f"| {suffix or '(none)'} | {counts} | {shares} | {types} | {seconds} |")
    return "\n".join(lines)


def _compare(sample: Sample, ours: Read, theirs: Read) -> None:
    if (
        ours[0] is None
        or theirs[0] is None
        or not (ours[0].text.strip() and theirs[0].text.strip())
    ):
        for reader, result in enumerate((ours, theirs)):
            sample.alone[reader] += result[0] is not None and bool(result[0].text.strip())
        return
    sample.both += 1
    sample.seconds = [sample.seconds[0] + ours[1], sample.seconds[1] + theirs[1]]
    words = [Counter(re.findall(r"\w+", result.text)) for result in (ours[0], theirs[0])]
    for at, count in enumerate((words[0].total(), words[1].total(), (words[0] & words[1]).total())):
        sample.words[at] += count
    for kind in ("title", "item"):
        _agree(sample.types[kind], _texts(ours[0], kind), _texts(theirs[0], kind))
    _agree(sample.types["cell"], _cells(ours[0]), _cells(theirs[0]))


def _agree(counts: list[int], ours: Iterable[str], theirs: Iterable[str]) -> None:
    counts[0] += (Counter(ours) & (expected := Counter(theirs))).total()
    counts[1] += expected.total()


def _texts(reading: Reading, kind: str) -> list[str]:
    return [plain(text) for piece_kind, text, _ in reading.pieces if piece_kind == kind]


def _cells(reading: Reading) -> list[str]:
    return [text for row in reading.rows for text in map(plain, row) if text]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
