"""All that tells how well Vouch reads and finds, each beside what is usual: `python -m benchmarks.eval CORPORA [NAME…]`.

CORPORA is a folder of public collections; NAMEs are those of `COLLECTIONS`, by default all.
"""

import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

COLLECTIONS = {
    "chunking": ("benchmarks.retrieval.chunking", ("chunking",)),
    "cranfield": ("benchmarks.retrieval.cranfield", ("cranfield",)),
    "xquad": ("benchmarks.retrieval.xquad", ("xquad",)),
    "structure": ("benchmarks.structure", ("markitdown", "unstructured")),
    "html": ("benchmarks.html_content", ("peps", "prefect_docs", "xquad")),
    "pdf": ("benchmarks.pdf_text", ("pdf_samples", "peps")),
    "parsing": ("benchmarks.speed.parsing", ("peps", "prefect_docs", "unstructured", "pdf_samples")),
    "changes": ("benchmarks.changes", ("peps", "prefect_docs")),
}
"""By name: the module, whose `tables` are printed, and the folders of CORPORA that it reads."""


def evaluate(corpora: Path, names: list[str]) -> Iterator[str]:
    """Markdown of each measurement, as soon as it is known, with its seconds of wall time."""
    for name in names:
        module, _ = COLLECTIONS[name]
        yield f"## {name}: `python -m benchmarks.eval CORPORA {name}`"
        begun = time.perf_counter()
        yield from import_module(module).tables(corpora)
        yield f"{name} took {time.perf_counter() - begun:,.0f} s."


def refusal(corpora: Path, names: list[str]) -> str | None:
    """What is wrong with the request and what to do, or None."""
    unknown = sorted(set(names) - set(COLLECTIONS))
    if unknown:
        return f"there is no measurement {', '.join(unknown)}; there are {', '.join(COLLECTIONS)}"
    missing = sorted({folder for name in names for folder in COLLECTIONS[name][1] if not (corpora / folder).is_dir()})
    if missing:
        return (
            f"{corpora} lacks {', '.join(missing)}: pass the folder that holds the public collections, as in "
            "`make eval CORPORA=PATH`, or name what it holds, as in `python -m benchmarks.eval PATH cranfield`"
        )
    return None


def main(arguments: list[str]) -> None:
    """Print all that was asked for."""
    if not arguments:
        raise SystemExit("usage: python -m benchmarks.eval CORPORA [NAME…]")
    corpora, names = Path(arguments[0]), arguments[1:] or list(COLLECTIONS)
    wrong = refusal(corpora, names)
    if wrong:
        raise SystemExit(wrong)
    for part in evaluate(corpora, names):
        print(part, end="\n\n", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
