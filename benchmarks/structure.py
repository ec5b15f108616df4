"""What is found of the structure of documents, beside `unstructured`: `python -m benchmarks.structure CORPORA`.

CORPORA holds `markitdown` (strings that a conversion must hold) and `unstructured` (its sample files). The first table is of
documents made here from one known structure, the only ones of which the truth is known to its last cell.
"""

import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TypeAlias

from benchmarks.structure_readers import Found, by_unstructured, by_vouch, files, offline
from benchmarks.structure_truth import (
    NAME,
    PANDOC,
    WROTE,
    Section,
    as_html_mail,
    as_plain_mail,
    as_pptx,
    as_xlsx,
    by_pandoc,
    story,
)
from schemas.errors import DocumentRejected

Reader: TypeAlias = Callable[[bytes, str], Found]
Read: TypeAlias = tuple[Found | None, float, str]
"""What was found, in how many seconds, and why nothing was."""
_STORIES = range(5)
_LARGEST = 1_000_000  # bytes; the baseline takes minutes for the few files above
_KINDS = ("titles", "levels", "paragraphs", "items", "depths", "rows", "labels", "code", "notes", "comments", "quoted")
_TEXTS = {*_KINDS} - {"comments"}
_HOLDS = {
    "docx": {*_KINDS},
    "pptx": _TEXTS - {"levels", "code"},
    "xlsx": {"titles", "paragraphs", "rows", "labels"},
    "html.eml": _TEXTS - {"notes"},
    "plain.eml": {"paragraphs", "items", "quoted"},
}
_LABEL = re.compile(r"^\(?[0-9a-zA-Z]{1,4}[.)]\s+")
_MARK = re.compile(r"[\W\d¹²³⁰-⁹]+$")
_NOT_TEXT = ("data:image/", "](https://", "# Email Message", "**Subject:**", "## Content")  # of markitdown's own form
_SENDER = "From: test.sender@example.com"  # ours has the name before the address


@dataclass(slots=True)
class Score:
    """Of one kind: what is there, how much of it was found, and how much was said to be there."""

    there: int = 0
    found: int = 0
    said: int = 0


@dataclass(slots=True)
class Tally:
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    seconds: float = 0.0
    failed: str = ""


def tables(corpora: Path) -> Iterator[str]:
    """The tables as Markdown, each with its heading."""
    with offline():
        _read(by_unstructured, b"One line.\n\nAnother.", "a.txt")  # its imports and first call are not what is measured
        yield from _known()
        yield _expectations(corpora / "markitdown")
        yield _samples(corpora / "unstructured")


def _read(reader: Reader, data: bytes, name: str) -> Read:
    """A reader that fails has found nothing; why is told in a few words."""
    begun = perf_counter()
    try:
        return reader(data, name), perf_counter() - begun, ""
    except DocumentRejected as rejected:
        return None, perf_counter() - begun, str(rejected.reason)
    except ImportError:
        return None, 0.0, "extra not installed"
    except Exception as error:  # noqa: BLE001 - the baseline raises anything on what it does not read
        return None, perf_counter() - begun, type(error).__name__


def _makers() -> dict[str, Callable[[list[Section]], bytes]]:
    makers: dict[str, Callable[[list[Section]], bytes]] = {
        suffix: (lambda sections, suffix=suffix: by_pandoc(sections, suffix))  # type: ignore[misc]
        for suffix in PANDOC
    }
    return makers | {"pptx": as_pptx, "html.eml": as_html_mail, "plain.eml": as_plain_mail, "xlsx": as_xlsx}


def _known() -> Iterator[str]:
    """Recall, and where anything else was said to be of the kind, precision behind it."""
    lines = [
        "### Known structure: recall (precision) of each kind, in %",
        f"{len(_STORIES)} documents a format. rows: a row's cells stand in one row; labels: with the merged cell beside them.",
        "Paragraphs end in a link. unstructured runs without the model that it downloads, which guesses at unmarked text.",
        "quoted: an older mail below the newest one has who wrote it as its heading.",
        "",
        f"| format | reader | {' | '.join(_KINDS)} | s |",
        f"|---|---|{'---:|' * (len(_KINDS) + 1)}",
    ]
    for suffix, make in _makers().items():
        told = [(sections, make(sections)) for sections in map(story, _STORIES)]
        for name, reader in (("vouch", by_vouch), ("unstructured", by_unstructured)):
            tally = Tally()
            for sections, data in told:
                found, seconds, why = _read(reader, data, f"a.{suffix}")
                tally.seconds += seconds
                tally.failed = tally.failed or why
                _score(tally.scores, _truth(sections, suffix), found or Found())
            cells = (
                [tally.failed, *[""] * (len(_KINDS) - 1)] if tally.failed else [_cell(tally.scores[kind]) for kind in _KINDS]
            )
            lines.append(f"| {suffix} | {name} | {' | '.join(cells)} | {tally.seconds:.2f} |")
    yield "\n".join(lines)


def _cell(score: Score) -> str:
    if not score.there:
        return "–"
    exact = f" ({100 * score.found / score.said:.0f})" if score.said > score.found else ""
    return f"{100 * score.found / score.there:.0f}{exact}"


def _truth(sections: Sequence[Section], suffix: str) -> dict[str, list[str]]:
    """What of a story a format holds."""
    told: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    if suffix.endswith("eml"):
        told["quoted"] = [sections[-1].paragraph]
        sections = sections[:-1]
    for one in sections if suffix != "xlsx" else [one for one in sections if one.groups]:
        told["titles"].append(one.title)
        told["levels"].append(f"{one.title} {one.level}")
        told["paragraphs"].append(one.paragraph)
        told["items"] += [text for text, _ in one.items]
        told["depths"] += [f"{text} {depth}" for text, depth in one.items]
        told["rows"] += [" ".join(cells) for _, cells in one.rows]
        told["labels"] += [" ".join([label, *cells]) for label, cells in one.rows]
        told["code"] += filter(None, [one.code])
        told["notes"] += filter(None, [one.note])
        told["comments"] += filter(None, [one.comment])
    return {kind: texts if kind in _HOLDS.get(suffix, _TEXTS) else [] for kind, texts in told.items()}


def _score(scores: dict[str, Score], truth: dict[str, list[str]], found: Found) -> None:
    said = _said(found, {_plain(text) for text in truth["titles"]})
    notes = {_plain(text) for text in truth["notes"]}
    for kind, texts in truth.items():
        score, wanted = scores[kind], [_plain(text) for text in texts]
        score.there += len(texts)
        if kind in said:
            told = Counter(
                text for text in map(_plain, said[kind]) if text not in notes and text not in (_plain(NAME), _plain(WROTE))
            )
            score.found += (Counter(wanted) & told).total()
            score.said += told.total() if kind in ("titles", "items", "code") else 0
        elif kind == "quoted":
            score.found += sum(_is_quoted(found, text) for text in wanted)
        elif kind in ("rows", "labels"):
            rows = [_plain(" ".join(row)) for row in found.rows]
            score.found += sum(
                any(row == text or (kind == "rows" and row.endswith(f" {text}")) for row in rows) for text in wanted
            )
        else:
            score.found += sum(text in _plain(found.text) for text in wanted)


def _is_quoted(found: Found, wanted: str) -> bool:
    """Does a text stand below the heading that says who wrote it?"""
    heading = ""
    for kind, text, _ in found.pieces:
        heading = text if kind == "title" else heading
        if wanted in _plain(text):
            return _plain(heading) == _plain(WROTE)
    return False


def _said(found: Found, titles: set[str]) -> dict[str, list[str]]:
    """What a reader says of a kind, a level or depth behind its text. Levels count from the highest title of the story."""
    top = min((depth for kind, text, depth in found.pieces if kind == "title" and _plain(text) in titles), default=0)
    by_kind: dict[str, list[str]] = {"titles": [], "levels": [], "paragraphs": [], "items": [], "depths": [], "code": []}
    for kind, text, depth in found.pieces:
        if kind == "title":
            by_kind["titles"].append(text)
            by_kind["levels"].append(f"{text} {depth - top + 1}")
        elif kind == "item":
            by_kind["items"].append(text)
            by_kind["depths"].append(f"{text} {depth}")
        elif kind in ("paragraph", "code"):
            # The mark of a note is a figure, of which the story has none.
            by_kind["paragraphs" if kind == "paragraph" else kind].append(_MARK.sub("", text) if kind == "paragraph" else text)
    return by_kind


def _plain(text: str) -> str:
    """Words alone, without the label of an item."""
    return " ".join(re.findall(r"\w+", _LABEL.sub("", text.strip()))).casefold()


def _expectations(folder: Path) -> str:
    """Strings that a conversion must hold, by file."""
    vectors = json.loads((folder / "expectations.json").read_text("utf-8"))["GENERAL_TEST_VECTORS"]
    lines = [
        "### Strings that markitdown's tests expect",
        "",
        "| file | strings | vouch | unstructured | vouch s | unstructured s |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for vector in vectors:
        data = (folder / "packages" / "markitdown" / "tests" / "test_files" / vector["filename"]).read_bytes()
        wanted = [_shown(one) for one in vector["must_include"] if not one.startswith(_NOT_TEXT)]
        cells, times = [], []
        for reader in (by_vouch, by_unstructured):
            found, seconds, why = _read(reader, data, vector["filename"])
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


def _samples(folder: Path) -> str:
    """Words and types on unstructured's own sample files; it is no truth, so agreement is all that is told."""
    by_suffix: dict[str, Sample] = defaultdict(Sample)
    for path in [*files(folder, _LARGEST), *files(folder / "eml", _LARGEST)]:
        data = path.read_bytes()
        ours, theirs = (_read(reader, data, path.name) for reader in (by_vouch, by_unstructured))
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
    if ours[0] is None or theirs[0] is None or not (ours[0].text.strip() and theirs[0].text.strip()):
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
    return [_plain(text) for one, text, _ in found.pieces if one == kind]


def _cells(found: Found) -> list[str]:
    return [text for row in found.rows for text in map(_plain, row) if text]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def main(arguments: list[str]) -> None:
    """Print the tables, each as soon as it is known."""
    for table in tables(Path(arguments[0])):
        print(table, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
