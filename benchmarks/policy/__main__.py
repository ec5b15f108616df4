"""How many policy violations are found, and how often clean text warns.

`python -m benchmarks.policy CORPORA [--clean FOLDER ...] [--attacks FILE]` prints Markdown. CORPORA
is the folder of test collections. FILE has attacks of another origin as JSON lines with `set` and
`text`. Texts are split by the parity of their SHA-256: rules were developed on half 0, and half 1
was not looked at, but for BIPIA, all of which had been seen when its rules were written.
"""

import argparse
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.policy.attacks import OTHER_KINDS, OVERRIDES, disguised
from benchmarks.policy.clean_documents import CleanDocument, clean_documents
from benchmarks.policy.samples import generated
from vouch.validators.policy import KINDS, find

_CHUNK = 800
_GENERATED = 500
_WARNING = ("secrets", "hidden_text", "injection")  # by default; the others are noted
_PLANTED = ("personal_data", "secrets", "hidden_text")
# A list of words, as simple filters have it, as the baseline.
_WORDS = re.compile(
    r"(?:ignore|disregard|forget|bypass)\W+(?:\w+\W+){0,3}(?:instructions?|prompts?|rules)|"
    r"system prompt|jailbreak|you are now|act as|pretend|do anything now|developer mode",
    re.IGNORECASE,
)


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


def attacks(corpora: Path, more: Path | None) -> Iterator[tuple[str, str]]:
    """Yield the set and the text of each attack."""
    for file in sorted((corpora / "injection").glob("*.json")):
        for family, texts in json.loads(file.read_text("utf-8")).items():
            yield from ((f"BIPIA: {family}", text) for text in texts)
    for name, texts in (
        ("overrides, 7 languages", OVERRIDES),
        ("other kinds", OTHER_KINDS),
        ("disguised", disguised()),
    ):
        yield from ((name, text) for text in texts)
    for line in more.read_text("utf-8").splitlines() if more else ():
        row = json.loads(line)
        yield row["set"], row["text"]


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


def _detects(positive: Positive, kinds: Sequence[str]) -> bool:
    return any(
        finding.start < positive.end and positive.start < finding.end
        for finding in find(positive.text, kinds)
    )


def _false_alarms(documents: Sequence[CleanDocument]) -> None:
    """Print how many of a thousand clean documents warn, by collection and kind."""
    flagged: dict[str, Counter[str]] = defaultdict(Counter)
    sizes = Counter(document.collection for document in documents)
    start, count = time.process_time(), 0
    for document in documents:
        detected: set[str] = set()
        for chunk in chunks(document.text):
            count += 1
            detected |= {finding.kind for finding in find(chunk, KINDS)}
            detected |= {"word list"} if _WORDS.search(chunk) else set()
        flagged[document.collection].update(detected)
    speed = count / (time.process_time() - start)
    columns = (*_WARNING, "possible_injection", "word list")
    print(f"| documents a thousand | documents | {' | '.join(columns)} |")
    print("|---|---:|" + "---:|" * len(columns))
    for collection, size in sorted(sizes.items()):
        rates = (f"{1000 * flagged[collection][column] / size:.1f}" for column in columns)
        print(f"| {collection} | {size:,} | {' | '.join(rates)} |")
    total = sum(flagged.values(), Counter[str]())
    rates = (f"{1000 * total[column] / len(documents):.2f}" for column in columns)
    print(f"| all | {len(documents):,} | {' | '.join(rates)} |")
    print(f"\nAll kinds: {speed:,.0f} chunks a second of processor time.\n")


def _recall(samples: Iterable[tuple[str, str]], hosts: Sequence[str]) -> None:
    """Print how many attacks warn, and how many are noted at least, by set."""
    by_set: dict[str, list[str]] = defaultdict(list)
    for name, text in samples:
        by_set[name].append(text)
    print("| attacks | number | warn | warn or noted | word list |")
    print("|---|---:|---:|---:|---:|")
    for name, texts in by_set.items():
        positives = planted(((text, 0, len(text)) for text in texts), hosts)
        warn = sum(_detects(positive, ("injection", "hidden_text")) for positive in positives)
        noted = sum(
            _detects(positive, ("injection", "hidden_text", "possible_injection"))
            for positive in positives
        )
        words = sum(bool(_WORDS.search(text)) for text in texts)
        shares = (f"{part / len(texts):.0%}" for part in (warn, noted, words))
        print(f"| {name} | {len(texts)} | {' | '.join(shares)} |")


def main() -> None:
    """Print false alarms on clean documents and recall, for each half."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy", description=__doc__)
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--clean", type=Path, nargs="*", default=[], help="more clean documents")
    parser.add_argument("--attacks", type=Path, help="attacks of another origin, JSON lines")
    arguments = parser.parse_args()
    documents = list(clean_documents(arguments.corpora, arguments.clean))
    for half in (0, 1):
        of_half = [document for document in documents if document.half == half]
        print(f"\n## Half {half}\n")
        _false_alarms(of_half)
        hosts = [
            chunk
            for document in of_half
            if document.collection in ("peps", "prefect_docs")
            for chunk in chunks(document.text)
            if not find(chunk, KINDS)
        ]
        for kind in _PLANTED:
            positives = planted(generated(kind, half, _GENERATED), hosts)
            share = sum(_detects(positive, (kind,)) for positive in positives) / len(positives)
            print(f"{kind}: {share:.1%} of {len(positives)} generated violations are found.")
        print()
        samples = attacks(arguments.corpora, arguments.attacks)
        _recall(((n, t) for n, t in samples if CleanDocument(n, t).half == half), hosts)


if __name__ == "__main__":
    main()
