"""Language detection: `python -m benchmarks.reading.language FOLDER`.

FOLDER holds `xquad.LANGUAGE.json` of each language.
"""

import json
import sys
from pathlib import Path
from time import perf_counter

from vouch.validators.rows.language_detection import detect_languages

_START = 30  # characters


def main(folder: Path) -> None:
    """Print a table of all paragraphs, their beginnings, and the questions."""
    paragraphs, questions = [], []
    for file in sorted(folder.glob("xquad.*.json")):
        language = file.name.split(".")[1]
        for article in json.loads(file.read_text("utf-8"))["data"]:
            for part in article["paragraphs"]:
                paragraphs.append((language, part["context"]))
                questions += [(language, entry["question"]) for entry in part["qas"]]
    print(
        "| texts | number | detected | right of detected | right of all | a second |\n"
        "|---|---:|---:|---:|---:|---:|"
    )
    beginnings = [(language, text[:_START]) for language, text in paragraphs]
    for name, texts in (
        ("paragraphs", paragraphs),
        (f"their first {_START} characters", beginnings),
        ("questions", questions),
    ):
        print(_row(name, texts))


def _row(name: str, texts: list[tuple[str, str]]) -> str:
    start = perf_counter()
    guesses = detect_languages([text for _, text in texts])
    seconds = perf_counter() - start
    detected = [
        (language, guess) for (language, _), guess in zip(texts, guesses, strict=True) if guess
    ]
    right = sum(language == guess for language, guess in detected)
    shares = (
        f"{len(detected) / len(texts):.1%} | {right / len(detected):.1%} | {right / len(texts):.1%}"
    )
    return f"| {name} | {len(texts):,} | {shares} | {len(texts) / seconds:,.0f} |"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
