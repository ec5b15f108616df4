"""What a report says of a shadow."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from vouch.reports.charts import shadow_lines
from vouch.reports.run_report import render_run
from vouch.reports.shadow_section import ShadowSection, sentence
from vouch.schemas.runs.cost import Spending, Spent
from vouch.schemas.runs.record import RunRecord, Status
from vouch.schemas.runs.retrieval import Estimate, GroupScore, MetricChange, QueryScore, Retrieval
from vouch.schemas.runs.shadow import Latency, ShadowFigures, Side

NAME = "many-languages"


def side(model: str, median: float) -> Side:
    latency = Latency(median_ms=median, p95_ms=3 * median)
    return Side(model=model, dimension=384, chunks=1202, bytes=3_200_000, latency=latency)


def retrieval(published: float, candidate: float, p: float) -> Retrieval:
    score = {"MRR": 0.5}
    scores = {"recall@5": Estimate(0.5, 0.25, 0.75)}
    return Retrieval(
        queries=210,
        mode="hybrid",
        k=5,
        changes=(MetricChange(metric="recall@5", published=published, candidate=candidate, p=p),),
        groups=(
            GroupScore(name="overall", queries=210, published=scores, candidate=scores),
            GroupScore(name="language:<b>de", queries=30, published=scores, candidate=scores),
        ),
        won=(QueryScore(id="q1", query="<i>why</i>", published=None, candidate=score),),
    )


def figures(**update: Any) -> ShadowFigures:
    rows = tuple(
        Spent(day=date(2026, 11, day), source="", tokens=1000 * day, amount=Decimal("0.00002"))
        for day in range(10, 30)
    )
    whole = ShadowFigures(
        name=NAME,
        published=side("all-MiniLM-L6-v2", 10.0),
        shadow=side("multilingual", 12.5),
        documents=420,
        spending=Spending(currency="USD", price_per_million_tokens=Decimal("0.02"), rows=rows),
        retrieval=retrieval(0.65, 0.77, 0.999),
        won=47,
        lost=23,
        p_won=0.004,
    )
    return whole.model_copy(update=update)


def record(*shadows: ShadowFigures, kind: str = "ingest") -> RunRecord:
    return RunRecord(
        run_id="20261130T120000-abcdef",
        kind=kind,
        status=Status.UNCHANGED,
        started_at=datetime(2026, 11, 30, 12, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        window=f"shadow {NAME}",
        shadows=shadows,
    )


@pytest.mark.parametrize(
    ("update", "words"),
    [
        ({}, "It finds more: recall@5 0.770 against 0.650"),
        ({}, "47 are found better, 23 worse"),
        ({"p_won": 0.3}, "No clear difference"),
        ({"retrieval": retrieval(0.77, 0.65, 0.01), "p_won": 1.0}, "It finds less"),
        ({"retrieval": None}, "There are no golden queries"),
        ({"behind": 3}, "It is 3 documents behind what is published."),
    ],
)
def test_the_first_sentence_says_whether_it_finds_more(update: dict[str, Any], words: str):
    assert words in sentence(figures(**update))


def test_both_sides_are_shown_with_what_got_worse():
    section = ShadowSection.of(figures())
    rows = {row.name: row for row in section.rows}
    assert (rows["recall@5"].change, rows["recall@5"].fell) == ("+0.120", False)
    assert (rows["a query, median"].shadow, rows["a query, median"].fell) == ("12.5 ms", True)
    assert rows["disk, older versions included"].published == "3.2 MB"
    assert len(section.days) == 14
    assert section.days[0] == (date(2026, 11, 29), 29_000, "0.000020 USD")


def test_the_page_shows_it_and_escapes_what_comes_from_documents():
    page = render_run(record(figures()))
    assert f"Shadow {NAME}" in page
    assert f"vouch switch {NAME}" in page
    assert "language:&lt;b&gt;de" in page
    assert "<i>why</i>" not in page


def test_of_one_that_failed_the_page_says_why():
    problem = "it was not brought up to date: the service is <down>"
    page = render_run(record(ShadowFigures(name=NAME, problem=problem)))
    assert "It was not compared" in page
    assert "the service is &lt;down&gt;" in page
    assert "vouch switch" not in page


def test_the_trend_is_of_the_runs_of_shadows():
    runs = [record(figures(), kind="shadow"), record(figures()), record(figures(), kind="shadow")]
    (group,) = shadow_lines(runs)
    assert group.title == f"Shadow {NAME}"
    assert {line.name for line in group.lines} >= {"golden recall@5, shadow"}


def test_the_record_is_read_again():
    written = record(figures())
    assert RunRecord.model_validate_json(written.model_dump_json()) == written
