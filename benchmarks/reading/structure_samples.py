"""What is found in real files: strings that must be there, and where two readers agree."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.reading.structure_readers import (
    Found,
    Read,
    by_unstructured,
    by_vouch,
    files,
    plain,
    read,
)

_LARGEST = 1_000_000  # bytes; the baseline takes minutes for the few files above
_NOT_TEXT = (
    "data:image/",
    "](https://",
    "# Email Message",
    "**Subject:**",
    "## Content",
)  # of markitdown's own form
_SENDER = "From: test.sender@example.com"  # ours has the name before the address


def expectations(folder: Path) -> str:
    """Strings that a conversion must hold, by file."""
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
        wanted = [_shown(one) for one in vector["must_include"] if not one.startswith(_NOT_TEXT)]
        cells, times = [], []
        for reader in (by_vouch, by_unstructured):
            found, seconds, why = read(reader, data, vector["filename"])
            text = " ".join(found.text.split()) if found else ""
            cells.append(str(sum(_holds(text, one) for one in wanted)) if found else why)
            times.append(f"{seconds:.2f}")
        lines.append(f"| {vector['filename']} | {len(wanted)} | {' | '.join(cells + times)} |")
    return "\n".join(lines)


def _holds(text: str, wanted: str) -> bool:
    return wanted in text or (wanted == _SENDER and wanted.removeprefix("From: ") in text)


def _shown(markdown: str) -> str:
    """What a reader sees of a piece of Markdown."""
    text = re.sub(r"^\s*(?:#+|>|\*|```\w*)(?:\s+|$)", "", markdown)
    text = re.sub(r"!?\[([^\]]*)\](?:\([^)]*\))?", r"\1", text).replace("**", "")
    text = re.sub(r"(?<!\w)\*(\w[^*]*)\*", r"\1", text)
    text = re.sub(r"^\|\s*|\s*\|$", "", text)
    return "" if re.fullmatch(r"[\s|:-]*", text) else " ".join(text.split())


@dataclass(slots=True)
class Sample:
    """Of one format: files that both read, words of each and of both, types that agree, files that only one reads, times."""

    both: int = 0
    words: list[int] = field(default_factory=lambda: [0, 0, 0])
    types: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    alone: list[int] = field(default_factory=lambda: [0, 0])
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])


def samples(folder: Path) -> str:
    """Words and types on unstructured's own sample files; it is no truth, so agreement is all that is told."""
    by_suffix: dict[str, Sample] = defaultdict(Sample)
    for path in [*files(folder, _LARGEST), *files(folder / "eml", _LARGEST)]:
        data = path.read_bytes()
        ours, theirs = (read(reader, data, path.name) for reader in (by_vouch, by_unstructured))
        _compare(by_suffix[path.suffix.lower()], ours, theirs)
    lines = [
        "### unstructured's sample files",
        f"Files up to {_LARGEST // 1_000_000} MB. titles, items, cells: what Vouch names so too, of what unstructured does.",
        "",
        "| format | read by both | only vouch | only unstructured | its words in ours | our words in its "
        "| titles | items | cells | vouch s | unstructured s |",
        f"|---|{'---:|' * 10}",
    ]
    for suffix, one in sorted(by_suffix.items()):
        if one.both or any(one.alone):
            counts = f"{one.both} | {one.alone[0]} | {one.alone[1]}"
            shares = f"{_share(one.words[2], one.words[1])} | {_share(one.words[2], one.words[0])}"
            types = " | ".join(_share(*one.types[kind]) for kind in ("title", "item", "cell"))
            lines.append(
                f"| {suffix or '(none)'} | {counts} | {shares} | {types} | {one.seconds[0]:.1f} | {one.seconds[1]:.1f} |"
            )
    return "\n".join(lines)


def _compare(sample: Sample, ours: Read, theirs: Read) -> None:
    if (
        ours[0] is None
        or theirs[0] is None
        or not (ours[0].text.strip() and theirs[0].text.strip())
    ):
        has = [one[0] is not None and bool(one[0].text.strip()) for one in (ours, theirs)]
        sample.alone = [count + one for count, one in zip(sample.alone, has, strict=True)]
        return
    sample.both += 1
    sample.seconds = [sample.seconds[0] + ours[1], sample.seconds[1] + theirs[1]]
    words = [Counter(re.findall(r"\w+", one[0].text)) for one in (ours, theirs) if one[0]]
    for at, count in enumerate((words[0].total(), words[1].total(), (words[0] & words[1]).total())):
        sample.words[at] += count
    for kind in ("title", "item"):
        _agree(sample.types[kind], _texts(ours[0], kind), _texts(theirs[0], kind))
    _agree(sample.types["cell"], _cells(ours[0]), _cells(theirs[0]))


def _agree(counts: list[int], ours: Iterable[str], theirs: Iterable[str]) -> None:
    mine, other = Counter(ours), Counter(theirs)
    counts[0] += (mine & other).total()
    counts[1] += other.total()


def _texts(found: Found, kind: str) -> list[str]:
    return [plain(text) for one, text, _ in found.pieces if one == kind]


def _cells(found: Found) -> list[str]:
    return [text for row in found.rows for text in map(plain, row) if text]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"
