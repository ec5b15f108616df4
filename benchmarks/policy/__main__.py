"""How many policy violations are found, and how much clean text is flagged.

`python -m benchmarks.policy CORPORA` prints Markdown. CORPORA holds `peps/base`,
`prefect_docs/base`, `xquad` and `injection` (BIPIA). All texts are split by the parity of their
SHA-256, and the table is of the odd half. The patterns were developed on the even half, with two
exceptions: all of BIPIA's texts had been seen, and three faults that the first table showed
(spaced letters, a date after "text", ids of messages) were fixed.
"""

import hashlib
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.policy.attacks import OTHER_KINDS, OVERRIDES, disguised
from benchmarks.policy.samples import generated
from vouch.validators.policy import KINDS, find

_CHUNK = 800
_TEST_HALF = 1
_GENERATED = 500


@dataclass(frozen=True, slots=True)
class Positive:
    """A chunk, and the span in it that violates the policy."""

    text: str
    start: int
    end: int


def chunks(text: str) -> Iterator[str]:
    """Yield groups of whole lines, of about 800 characters each."""
    group = ""
    for line in text.splitlines(keepends=True):
        if group and len(group) + len(line) > _CHUNK:
            yield group
            group = ""
        group += line
    if group.strip():
        yield group


def in_test_half(text: str, half: int = _TEST_HALF) -> bool:
    """Return whether a text belongs to the half that is measured."""
    return hashlib.sha256(text.encode()).digest()[-1] % 2 == half


def clean(corpora: Path) -> list[str]:
    """Return chunks of real documents without planted violations."""
    files = [
        *sorted((corpora / "peps" / "base").rglob("*.rst")),
        *sorted((corpora / "prefect_docs" / "base").rglob("*.mdx")),
    ]
    texts = [file.read_text("utf-8") for file in files]
    for file in sorted((corpora / "xquad").glob("*.json")):
        articles = json.loads(file.read_text("utf-8"))["data"]
        texts += [
            paragraph["context"] for article in articles for paragraph in article["paragraphs"]
        ]
    return [chunk for text in texts if in_test_half(text) for chunk in chunks(text)]


def attacks(corpora: Path) -> list[str]:
    """Return BIPIA's texts of the test half."""
    texts = []
    for file in sorted((corpora / "injection").glob("*.json")):
        texts += [
            text
            for group in json.loads(file.read_text("utf-8")).values()
            for text in group
            if in_test_half(text)
        ]
    return texts


def planted(samples: Iterable[tuple[str, int, int]], hosts: Sequence[str]) -> list[Positive]:
    """Return each sample on a separate line in the middle of a clean chunk."""
    dice = random.Random(3)
    result = []
    for sample, start, end in samples:
        lines = dice.choice(hosts).splitlines(keepends=True)
        before = "".join(lines[: len(lines) // 2])
        before += "" if before.endswith("\n") or not before else "\n"
        text = before + sample + "\n" + "".join(lines[len(lines) // 2 :])
        result.append(Positive(text, len(before) + start, len(before) + end))
    return result


def _row(name: str, kind: str, positives: Sequence[Positive], texts: Sequence[str]) -> str:
    detected = sum(
        any(
            finding.start < positive.end and positive.start < finding.end
            for finding in find(positive.text, [kind])
        )
        for positive in positives
    )
    start = time.process_time()
    flagged = sum(bool(find(text, [kind])) for text in texts)
    speed = len(texts) / (time.process_time() - start)
    recall, false = detected / len(positives), flagged / len(texts)
    precision = recall / (recall + false) if recall else 0.0
    return (
        f"| {name} | {len(positives)} | {recall:.1%} | {len(texts):,} | {flagged} | "
        f"{precision:.2%} | {speed:,.0f} |"
    )


def main(arguments: list[str]) -> None:
    """Print the table, the findings in clean text, and the speed of all kinds together."""
    corpora = Path(arguments[0])
    texts = clean(corpora)
    hosts = [text for text in texts if not find(text, KINDS)]
    print(
        "| kind | positives | recall | clean chunks | flagged | precision at equal numbers "
        "| chunks/s |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|")
    for kind in KINDS[:3]:
        print(_row(kind, kind, planted(generated(kind, _TEST_HALF, _GENERATED), hosts), texts))
    sets = {
        "BIPIA": attacks(corpora),
        "overrides, 7 languages": OVERRIDES,
        "other kinds": OTHER_KINDS,
        "disguised": disguised(),
    }
    for name, attack in sets.items():
        samples = ((text, 0, len(text)) for text in attack)
        print(_row(f"injection: {name}", "injection", planted(samples, hosts), texts))
    start = time.process_time()
    findings = [finding for text in texts for finding in find(text, KINDS)]
    speed = len(texts) / (time.process_time() - start)
    print(f"\nAll kinds: {speed:,.0f} chunks a second of processor time.")
    by_detector = Counter(f"{finding.kind} {finding.detector}" for finding in findings)
    print("Findings in clean text:", dict(by_detector))


if __name__ == "__main__":
    main(sys.argv[1:])
