"""How many documents have figures, how many of these give text, and how long it takes.

`python -m benchmarks.reading.figures CORPORA [FOLDER]`, CORPORA being the folder of public
collections. With FOLDER, each figure is written there as a picture beside the text that is read in
it, to be looked at: whether a text says what its picture says, nothing else can judge.
"""

import functools
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from vouch.parsers.common.figure_read import FigureRead
from vouch.parsers.common.ocr.figures import FigureReader
from vouch.parsers.common.ocr.images import Image300
from vouch.parsers.registry import Reading, read
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.settings.parsing import ParsingSettings

ENDINGS = (".pdf", ".docx", ".pptx")


def main(corpora: Path, folder: Path | None) -> None:
    """Print a row for each kind of document."""
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        _write_figures(folder)
    print("| kind | documents | with figures | figures | with text | CPU s without | CPU s with |")
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
    numbers = [int(number) for number in re.findall(r"(?:^|, )(\d+) ", entry.partition(" (")[0])]
    with_text = re.search(r"(\d+) with text", entry)
    return Counter(
        {
            "with figures": bool(numbers),
            "figures": sum(numbers),
            "with text": int(with_text[1]) if with_text else 0,
        }
    )


def _read(path: Path, figures: str) -> tuple[Reading | None, float]:
    settings = ParsingSettings.model_validate({"figures": figures})
    started = _processor_time()
    try:
        reading = read(path.read_bytes(), path.name, settings=settings)
    except DocumentRejected:
        return None, 0.0
    return reading, _processor_time() - started


def _processor_time() -> float:
    """Return the seconds of processor time so far, those of tesseract included."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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
