"""What is found of documents whose structure is known to the last cell, as they were made from it."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.reading.structure_mail import WROTE, as_html_mail, as_plain_mail
from benchmarks.reading.structure_office import as_pptx, as_xlsx
from benchmarks.reading.structure_readers import Found, by_unstructured, by_vouch, plain, read
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
_HOLDS = {
    "docx": {*_KINDS},
    "pptx": _TEXTS - {"levels", "code"},
    "xlsx": {"titles", "paragraphs", "rows", "labels"},
    "html.eml": _TEXTS - {"notes"},
    "plain.eml": {"paragraphs", "items", "quoted"},
}
_MARK = re.compile(r"[\W\d¹²³⁰-⁹]+$")


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


def known() -> str:
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
                found, seconds, why = read(reader, data, f"a.{suffix}")
                tally.seconds += seconds
                tally.failed = tally.failed or why
                _score(tally.scores, _truth(sections, suffix), found or Found())
            cells = (
                [tally.failed, *[""] * (len(_KINDS) - 1)]
                if tally.failed
                else [_cell(tally.scores[kind]) for kind in _KINDS]
            )
            lines.append(f"| {suffix} | {name} | {' | '.join(cells)} | {tally.seconds:.2f} |")
    return "\n".join(lines)


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
    return {
        kind: texts if kind in _HOLDS.get(suffix, _TEXTS) else [] for kind, texts in told.items()
    }


def _score(scores: dict[str, Score], truth: dict[str, list[str]], found: Found) -> None:
    said = _said(found, {plain(text) for text in truth["titles"]})
    notes = {plain(text) for text in truth["notes"]}
    for kind, texts in truth.items():
        score, wanted = scores[kind], [plain(text) for text in texts]
        score.there += len(texts)
        if kind in said:
            told = Counter(
                text
                for text in map(plain, said[kind])
                if text not in notes and text not in (plain(NAME), plain(WROTE))
            )
            score.found += (Counter(wanted) & told).total()
            score.said += told.total() if kind in ("titles", "items", "code") else 0
        elif kind == "quoted":
            score.found += sum(_is_quoted(found, text) for text in wanted)
        elif kind in ("rows", "labels"):
            rows = [plain(" ".join(row)) for row in found.rows]
            score.found += sum(
                any(row == text or (kind == "rows" and row.endswith(f" {text}")) for row in rows)
                for text in wanted
            )
        else:
            score.found += sum(text in plain(found.text) for text in wanted)


def _is_quoted(found: Found, wanted: str) -> bool:
    """Does a text stand below the heading that says who wrote it?"""
    heading = ""
    for kind, text, _ in found.pieces:
        heading = text if kind == "title" else heading
        if wanted in plain(text):
            return plain(heading) == plain(WROTE)
    return False


def _said(found: Found, titles: set[str]) -> dict[str, list[str]]:
    """What a reader says of a kind, a level or depth behind its text. Levels count from the highest title of the story."""
    top = min(
        (depth for kind, text, depth in found.pieces if kind == "title" and plain(text) in titles),
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
    for kind, text, depth in found.pieces:
        if kind == "title":
            by_kind["titles"].append(text)
            by_kind["levels"].append(f"{text} {depth - top + 1}")
        elif kind == "item":
            by_kind["items"].append(text)
            by_kind["depths"].append(f"{text} {depth}")
        elif kind in ("paragraph", "code"):
            # The mark of a note is a figure, of which the story has none.
            by_kind["paragraphs" if kind == "paragraph" else kind].append(
                _MARK.sub("", text) if kind == "paragraph" else text
            )
    return by_kind
