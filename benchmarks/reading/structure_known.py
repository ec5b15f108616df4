"""What readers find in documents that were generated from a known structure."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.reading.structure_mail import WROTE, as_html_mail, as_plain_mail
from benchmarks.reading.structure_office import as_pptx, as_xlsx
from benchmarks.reading.structure_readers import Reading, by_unstructured, by_vouch, plain, read
from benchmarks.reading.structure_truth import NAME, PANDOC, Section, by_pandoc, story

_STORIES = range(5)
_KINDS = (
    "titles",
    "levels",
    "paragraphs",
    "items",
    "depths",
    "rows",
    "labels",
    "code",
    "notes",
    "comments",
    "quoted",
)
_TEXTS = {*_KINDS} - {"comments"}
# Kinds that a format can express; formats that are not listed can express all but comments.
_EXPRESSED = {
    "docx": {*_KINDS},
    "pptx": _TEXTS - {"levels", "code"},
    "xlsx": {"titles", "paragraphs", "rows", "labels"},
    "html.eml": _TEXTS - {"notes"},
    "plain.eml": {"paragraphs", "items", "quoted"},
}
_MARK = re.compile(r"[\W\d¹²³⁰-⁹]+$")


@dataclass(slots=True)
class Score:
    """Counts of one kind: expected, matched, and all that the reader reported."""

    expected: int = 0
    matched: int = 0
    reported: int = 0


@dataclass(slots=True)
class Tally:
    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    seconds: float = 0.0
    failed: str = ""


def _makers() -> dict[str, Callable[[list[Section]], bytes]]:
    makers: dict[str, Callable[[list[Section]], bytes]] = {
        suffix: (lambda sections, suffix=suffix: by_pandoc(sections, suffix))  # type: ignore[misc]
        for suffix in PANDOC
    }
    return makers | {
        "pptx": as_pptx,
        "html.eml": as_html_mail,
        "plain.eml": as_plain_mail,
        "xlsx": as_xlsx,
    }


def known_structure() -> str:
    """Return the table: recall of each kind, with precision behind it where that is below 100 %."""
    lines = [
        "### Known structure: recall (precision) of each kind, in %",
        f"{len(_STORIES)} documents a format. rows: the cells of a row are in one row; labels: "
        "with the merged cell beside them. Paragraphs end in a link. unstructured runs without "
        "the model that it downloads to classify unmarked text. quoted: an older mail has its "
        "author as its heading.",
        "",
        f"| format | reader | {' | '.join(_KINDS)} | s |",
        f"|---|---|{'---:|' * (len(_KINDS) + 1)}",
    ]
    for suffix, make in _makers().items():
        texts_by_kind = [(sections, make(sections)) for sections in map(story, _STORIES)]
        for name, reader in (("vouch", by_vouch), ("unstructured", by_unstructured)):
            tally = Tally()
            for sections, data in texts_by_kind:
                reading, seconds, failure = read(reader, data, f"a.{suffix}")
                tally.seconds += seconds
                tally.failed = tally.failed or failure
                _score(tally.scores, _truth(sections, suffix), reading or Reading())
            cells = (
                [tally.failed, *[""] * (len(_KINDS) - 1)]
                if tally.failed
                else [_cell(tally.scores[kind]) for kind in _KINDS]
            )
            lines.append(f"| {suffix} | {name} | {' | '.join(cells)} | {tally.seconds:.2f} |")
    return "\n".join(lines)


def _cell(score: Score) -> str:
    if not score.expected:
        return "–"
    exact = (
        f" ({100 * score.matched / score.reported:.0f})" if score.reported > score.matched else ""
    )
    return f"{100 * score.matched / score.expected:.0f}{exact}"


def _truth(sections: Sequence[Section], suffix: str) -> dict[str, list[str]]:
    """Return the texts of a story by kind, as far as a format can express them."""
    texts_by_kind: dict[str, list[str]] = {kind: [] for kind in _KINDS}
    if suffix.endswith("eml"):
        texts_by_kind["quoted"] = [sections[-1].paragraph]
        sections = sections[:-1]
    for section in sections:
        if suffix == "xlsx" and not section.groups:
            continue  # a sheet is a table
        texts_by_kind["titles"].append(section.title)
        texts_by_kind["levels"].append(f"{section.title} {section.level}")
        texts_by_kind["paragraphs"].append(section.paragraph)
        texts_by_kind["items"] += [text for text, _ in section.items]
        texts_by_kind["depths"] += [f"{text} {depth}" for text, depth in section.items]
        texts_by_kind["rows"] += [" ".join(cells) for _, cells in section.rows]
        texts_by_kind["labels"] += [" ".join([label, *cells]) for label, cells in section.rows]
        texts_by_kind["code"] += filter(None, [section.code])
        texts_by_kind["notes"] += filter(None, [section.note])
        texts_by_kind["comments"] += filter(None, [section.comment])
    return {
        kind: texts if kind in _EXPRESSED.get(suffix, _TEXTS) else []
        for kind, texts in texts_by_kind.items()
    }


def _score(scores: dict[str, Score], truth: dict[str, list[str]], reading: Reading) -> None:
    reported = _reported(reading, {plain(text) for text in truth["titles"]})
    notes = {plain(text) for text in truth["notes"]}
    for kind, texts in truth.items():
        score, expected = scores[kind], [plain(text) for text in texts]
        score.expected += len(texts)
        if kind in reported:
            texts_by_kind = Counter(
                text
                for text in map(plain, reported[kind])
                if text not in notes and text not in (plain(NAME), plain(WROTE))
            )
            score.matched += (Counter(expected) & texts_by_kind).total()
            score.reported += texts_by_kind.total() if kind in ("titles", "items", "code") else 0
        elif kind == "quoted":
            score.matched += sum(_is_quoted(reading, text) for text in expected)
        elif kind in ("rows", "labels"):
            rows = [plain(" ".join(row)) for row in reading.rows]
            score.matched += sum(
                any(row == text or (kind == "rows" and row.endswith(f" {text}")) for row in rows)
                for text in expected
            )
        else:
            score.matched += sum(text in plain(reading.text) for text in expected)


def _is_quoted(reading: Reading, expected: str) -> bool:
    """Return whether a text is below the heading that names its author."""
    heading = ""
    for kind, text, _ in reading.pieces:
        heading = text if kind == "title" else heading
        if expected in plain(text):
            return plain(heading) == plain(WROTE)
    return False


def _reported(reading: Reading, titles: set[str]) -> dict[str, list[str]]:
    """Return the reported texts by kind; a level or depth follows its text.

    Levels count from the highest title of the story.
    """
    top = min(
        (
            depth
            for kind, text, depth in reading.pieces
            if kind == "title" and plain(text) in titles
        ),
        default=0,
    )
    by_kind: dict[str, list[str]] = {
        "titles": [],
        "levels": [],
        "paragraphs": [],
        "items": [],
        "depths": [],
        "code": [],
    }
    for kind, text, depth in reading.pieces:
        if kind == "title":
            by_kind["titles"].append(text)
            by_kind["levels"].append(f"{text} {depth - top + 1}")
        elif kind == "item":
            by_kind["items"].append(text)
            by_kind["depths"].append(f"{text} {depth}")
        elif kind in ("paragraph", "code"):
            # The story has no digits, so that digits at the end of a paragraph mark a note.
            by_kind["paragraphs" if kind == "paragraph" else kind].append(
                _MARK.sub("", text) if kind == "paragraph" else text
            )
    return by_kind
