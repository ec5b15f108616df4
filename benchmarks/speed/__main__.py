"""How fast Vouch is: `python -m benchmarks.speed CORPORA [NAME…]`, by default all measurements.

The machine should be idle.
"""

import sys

from benchmarks.suite import Suite

SPEED = Suite(
    "benchmarks.speed",
    "bench",
    {
        "embedding": ("benchmarks.speed.embedding", ("peps", "prefect_docs")),
        "run": ("benchmarks.speed.run", ("peps", "prefect_docs")),
        "start": ("benchmarks.speed.start", ("prefect_docs",)),
        "parsing": (
            "benchmarks.speed.parsing",
            ("peps", "prefect_docs", "unstructured", "pdf_samples"),
        ),
        "index": ("benchmarks.speed.index", ()),
        "growth": ("benchmarks.speed.growth", ("prefect_docs",)),
    },
)

if __name__ == "__main__":
    SPEED.main(sys.argv[1:])
