"""How many documents have figures, how many of these give text, and how long it takes.

`python -m benchmarks.reading.figures CORPORA [FOLDER]`, CORPORA being the folder of public
collections. With FOLDER, each figure is written there as a picture beside the text that is read in
it, to be looked at: whether a text says what its picture says, nothing else can judge.
"""

import functools
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.figures import FigureReader
from vouch.parsers.common.ocr.images import Image300
from vouch.parsers.registry import Reading, read
from vouch.schemas.documents.records import ElementType
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.vouch_yaml import ParsingSettings

ENDINGS = (".pdf", ".docx", ".pptx")


def main(corpora: Path, folder: Path | None) -> None:
    """Print a row for each kind of document."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        _write_figures(folder)
    print("| kind | documents | with figures | figures | with text | s without | s with |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for ending in ENDINGS:
        counts: Counter[str] = Counter()
        off = on = 0.0
        for path in sorted(corpora.rglob(f"*{ending}")):
            before, seconds = _read(path, "off")
            if before is None:
                continue
            after, more = _read(path, "auto")
            off, on = off + seconds, on + more
            counts["documents"] += 1
            if after is not None:
                counts.update(_figures(after))
                if not before.document.text and after.document.text:
                    print(path, "has text by its figures only", file=sys.stderr)
        numbers = [counts[name] for name in ("documents", "with figures", "figures", "with text")]
        print(f"| {ending} | {' | '.join(map(str, numbers))} | {off:.1f} | {on:.1f} |")


def _figures(reading: Reading) -> Counter[str]:
    entry = dict(reading.document.metadata.extra).get("figures", "")
    counts = [part.split(" ", 1) for part in entry.partition(" (")[0].split(", ") if part]
    total = sum(int(number) for number, _ in counts)
    return Counter(
        {
            "with figures": bool(total),
            "figures": total,
            "with text": sum(
                element.type is ElementType.FIGURE for element in reading.document.elements
            ),
        }
    )


def _read(path: Path, figures: str) -> tuple[Reading | None, float]:
    settings = ParsingSettings.model_validate({"figures": figures})
    started = perf_counter()
    try:
        reading = read(path.read_bytes(), path.name, settings=settings)
    except DocumentRejected:
        return None, 0.0
    return reading, perf_counter() - started


def _write_figures(folder: Path) -> None:
    """Write each figure that is read, and its text, into a folder."""
    whole = FigureReader.read

    @functools.wraps(whole)
    def read_and_write(
        self: FigureReader,
        key: str,
        draw: Callable[[], Image300],
        show: Callable[[], bytes],
        beside: str = "",
    ) -> FigureRead:
        images: list[bytes] = []

        def drawn() -> Image300:
            image, dpi = draw()
            images.append(image)
            return image, dpi

        figure = whole(self, key, drawn, show, beside)
        for image in images:
            number = len(list(folder.glob("*.pgm")))
            (folder / f"{number:03}.pgm").write_bytes(image)
            (folder / f"{number:03}.txt").write_text(figure.text)
        return figure

    FigureReader.read = read_and_write  # type: ignore[method-assign]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
