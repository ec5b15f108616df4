"""The documents behind a drift: those whose own figure moved as the whole did, named in words."""

from dataclasses import dataclass

import polars as pl
import pytest

from tests.validators.drift.profiles import chunks, documents, halved
from vouch.schemas.runs.record import Drift
from vouch.validators.concerned import listed
from vouch.validators.drift.contributions import contributions

N, M = 20, 80


@dataclass(frozen=True)
class Rows:
    documents: pl.DataFrame
    chunks: pl.DataFrame


def rows(document_changes: dict | None = None, chunk_changes: dict | None = None) -> Rows:
    """Twenty documents with four chunks each."""
    return Rows(documents(N, **(document_changes or {})), chunks(M, **(chunk_changes or {})))


def behind(
    figure: str, before: Rows, after: Rows, part: str = "index", text: str = ""
) -> dict[str, str]:
    drift = Drift(
        figure=figure, scope="docs", part=part, before="", after=text, distance=1, warn=0, block=0
    )
    rows_behind = contributions(drift, before, after, frozenset({"boiler"}))
    assert rows_behind is not None
    return {example.uri: example.message for example in listed(rows_behind)}


def of_first(values: list, value: object) -> list:
    """Replace what belongs to the first document."""
    return [value] * (len(values) // N) + values[len(values) // N :]


# The figure, what changes of the first document or of its chunks, and its message.
CHANGES = [
    ("languages", {}, {"language": of_first(["en"] * M, "es")},
     "4 of 4 chunks in es, before: 0 of 4 chunks in es"),
    ("formats", {"media_type": of_first(["text/markdown"] * N, "text/html")}, {},
     "text/html, before: text/markdown"),
    ("sources", {"source": of_first(["docs"] * N, "wiki")}, {}, "wiki, before: docs"),
    ("untitled", {"title": of_first(["T"] * N, None)}, {}, "no title, before: a title"),
    ("missing", {"metadata": of_first([[{"key": "team", "value": "a"}]] * N, [])}, {},
     "no team, before: with team"),
    ("without_heading", {}, {"heading_depth": of_first([2] * M, 0)},
     "4 of 4 chunks without a heading, before: 0 of 4 chunks without a heading"),
    ("heading_depth", {}, {"heading_depth": of_first([2] * M, 1)},
     "1.0 headings above a chunk, before: 2.0 headings above a chunk"),
    ("chunk_tokens", {}, {"token_count": of_first([100 + n % 90 for n in range(M)], 5)},
     "5.0 tokens a chunk, before: 101.5 tokens a chunk"),
    ("document_chars", {"char_count": of_first([1000 + 10 * n for n in range(N)], 9)}, {},
     "9 characters, before: 1000 characters"),
    ("unknown_language", {}, {"language": of_first(["en"] * M, None)},
     "4 of 4 chunks in no detected language, before: 0 of 4 chunks in no detected language"),
    ("repeated", {}, {"text_sha256": ["t0"] * 4 + [f"t{n}" for n in range(4, M)]},
     "4 of 4 chunks with a text that is there twice, before: 0 of 4 chunks with a text that is "
     "there twice"),
    ("boilerplate", {}, {"text_sha256": ["boiler"] * 4 + [f"t{n}" for n in range(4, M)]},
     "4 of 4 chunks that many documents have, before: 0 of 4 chunks that many documents have"),
    ("garbled", {}, {"flags": of_first([[]] * M, ["garbled"])},
     "4 of 4 chunks that look wrongly decoded, before: 0 of 4 chunks that look wrongly decoded"),
    ("flagged", {}, {"flags": of_first([[]] * M, ["injection"])},
     "4 of 4 chunks flagged by the policy, before: 0 of 4 chunks flagged by the policy"),
    ("quarantined",
     {"status": of_first(["published"] * N, "quarantined"), "reason": of_first([None] * N, "empty")},
     {}, "in quarantine: empty, before: published"),
    ("left_out", {"left_out_chars": of_first([10 * (n % 20) for n in range(N)], 500)}, {},
     "50.0 % of its characters not searched, before: 0.0 % of its characters not searched"),
    ("chunks", {}, {"count": M + 4, "document_id": [f"d{n // 4}" for n in range(M)] + ["d0"] * 4},
     "8 chunks, before: 4 chunks"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "document_changes", "chunk_changes", "message"),
    CHANGES,
    ids=[change[0] for change in CHANGES],
)
def test_the_document_that_changed_is_named_with_what_it_is_and_was(
    figure: str, document_changes: dict, chunk_changes: dict, message: str
):
    after = Rows(documents(N, **document_changes), chunks(**{"count": M, **chunk_changes}))
    assert behind(figure, rows(), after, text="team: 5.0%") == {"0.md": message}


def test_every_figure_of_rows_is_covered():
    from vouch.schemas.settings.drift import DriftThresholds

    sampled = {"vocabulary", "vectors"}
    assert {change[0] for change in CHANGES} == {*DriftThresholds.model_fields} - sampled - {
        "documents"
    }


def test_documents_that_came_or_went_are_named():
    fewer = Rows(documents(N - 2), chunks(M - 8))
    gone = behind("documents", rows(), fewer)
    assert gone == {"18.md": "no longer listed", "19.md": "no longer listed"}
    status = ["published"] * (N - 1) + ["quarantined"]
    rejected = rows({"status": status, "reason": [None] * (N - 1) + ["malformed"]})
    assert behind("documents", rows(), rejected) == {"19.md": "in quarantine: malformed"}
    assert behind("documents", fewer, rows()) == {"18.md": "new", "19.md": "new"}


def test_what_rises_because_the_rest_is_gone_names_what_is_gone():
    languages = ["es"] * 8 + ["en"] * (M - 8)
    before = rows({}, {"language": languages})
    after = Rows(documents(10), chunks(40, language=languages[:40]))
    gone = behind("languages", before, after)
    assert set(gone) == {f"{n}.md" for n in range(10, N)}
    assert gone["19.md"] == "no longer published, before: 0 of 4 chunks in es"


def test_arrivals_are_compared_with_what_they_were_and_gone_documents_are_not_among_them():
    arrivals = Rows(documents(2, title=[None, None]), chunks(8))
    named = behind("untitled", rows({"title": of_first(["T"] * N, None)}), arrivals, "arrivals")
    assert named == {"1.md": "no title, before: a title"}
    # Nothing is worse than before, but the run brings only these.
    named = behind("untitled", rows({"title": [None, None, *["T"] * 18]}), arrivals, "arrivals")
    assert named == {"0.md": "no title", "1.md": "no title"}


def test_the_documents_that_moved_most_come_first_and_a_contract_is_not_among_the_rejects():
    halves = halved(["en"] * M, "es")
    after = rows({}, {"language": ["es"] * 4 + halves[4:12] + ["en"] * (M - 12)})
    assert list(behind("languages", rows(), after)) == ["0.md", "1.md", "2.md"]
    reasons = {"status": ["quarantined"] * 2 + ["published"] * 18}
    after = rows(reasons | {"reason": ["contract", "malformed"] + [None] * 18})
    assert list(behind("quarantined", rows(), after)) == ["1.md"]
