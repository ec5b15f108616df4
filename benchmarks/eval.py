"""How well Vouch reads and finds, with baselines: `python -m benchmarks.eval CORPORA [NAME…]`.

CORPORA is a folder of public collections; NAMEs are those of `EVAL`, by default all.
"""

import sys

from benchmarks.suite import Suite

EVAL = Suite(
    "benchmarks.eval",
    "eval",
    {
        "chunking": ("benchmarks.retrieval.chunking", ("chunking",)),
        "cranfield": ("benchmarks.retrieval.cranfield", ("cranfield",)),
        "slow_loss": ("benchmarks.retrieval.slow_loss", ("cranfield",)),
        "xquad": ("benchmarks.retrieval.xquad", ("xquad",)),
        "identifiers": ("benchmarks.retrieval.identifiers", ("peps", "prefect_docs")),
        "structure": ("benchmarks.reading.structure", ("markitdown", "unstructured")),
        "html": (
            "benchmarks.reading.html_content",
            ("article_extraction", "peps", "prefect_docs", "xquad"),
        ),
        "markup": ("benchmarks.reading.markup_text", ("peps",)),
        "links": ("benchmarks.reading.links", ("markitdown", "pdf_samples", "unstructured")),
        "encodings": ("benchmarks.reading.encodings", ("xquad",)),
        "csv": ("benchmarks.reading.delimited", ("chunking",)),
        "pdf": ("benchmarks.reading.pdf_text", ("pdf_samples", "peps")),
        "pdf_tables": (
            "benchmarks.reading.pdf_tables",
            ("markitdown", "pdf_samples", "pypdf", "unstructured"),
        ),
        "garbled_pdf": (
            "benchmarks.reading.garbled_pdf",
            ("markitdown", "pdf_samples", "peps", "prefect_docs", "pypdf", "unstructured", "xquad"),
        ),
        "formats": (
            "benchmarks.reading.formats",
            ("markitdown", "pdf_samples", "pypdf", "unstructured"),
        ),
        "changes": ("benchmarks.changes", ("peps", "prefect_docs")),
    },
)

if __name__ == "__main__":
    EVAL.main(sys.argv[1:])
