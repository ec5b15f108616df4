"""Data Docs: every result of Great Expectations, in its words, whatever the data contains.

`test_in_browser` opens these pages too.
"""

import json
import re
from pathlib import Path

import polars as pl
import pytest
from lxml import html

from tests.reports.browser import HOSTILE, good_result, hostile_result
from vouch.reports.data_docs import write_data_docs
from vouch.schemas.settings.contracts import BatchContract
from vouch.validators.batch.corpus_suite import run_suite


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = write_data_docs(
        [hostile_result(), good_result()], tmp_path_factory.mktemp("docs") / "new"
    )
    assert index.name == "index.html"
    return index.local_path.parent


def tree(folder: Path, name: str) -> html.HtmlElement:
    (file,) = folder.glob(name)
    return html.document_fromstring(file.read_text(encoding="utf-8"))


def rows(page: html.HtmlElement) -> list[tuple[str, ...]]:
    """Return result, expectation and observed value of each row, as text."""
    elements = page.xpath("//section/div/table/tbody/tr")
    return [
        tuple(" ".join(cell.text_content().split()) for cell in row.xpath("td | th"))
        for row in elements
    ]


def test_each_result_has_a_page_that_the_index_links(folder: Path):
    index = tree(folder, "index.html")
    links = [link.get("href") for link in index.xpath("//table//a")]
    assert sorted([*links, "index.html"]) == sorted(file.name for file in folder.iterdir())
    assert [re.fullmatch(r"[12]-[a-z0-9-]+\.html", link) is not None for link in links] == [
        True,
        True,
    ]
    assert [row[1:] for row in rows(index)] == [("2", "9", "1"), ("1", "0", "0")]


def test_no_data_becomes_markup(folder: Path):
    for file in folder.iterdir():
        page = file.read_text(encoding="utf-8")
        assert not re.search(
            r"<(script|img|svg|link|iframe|form)|url\(|@import|https?://|\u202e|\u2066", page
        ), file.name
        parsed = html.document_fromstring(page)
        names = {name for element in parsed.iter() for name in element.attrib}
        assert not [
            name for name in names if name.startswith("on") or name in ("src", "autofocus")
        ], file.name
        assert [
            href
            for href in parsed.xpath("//@href")
            if not re.fullmatch(r"#[\w-]+|[\w-]+\.html", href)
        ] == []
    (hostile,) = folder.glob("1-*.html")
    assert "&lt;script&gt;window.hacked=1&lt;/script&gt;" in hostile.read_text(encoding="utf-8")


def test_every_expectation_is_on_its_page_with_its_result(folder: Path):
    results = hostile_result().results
    page = tree(folder, "1-*.html")
    marks = sorted(row[0] for row in rows(page))
    assert len(marks) == len(results)
    raised = ["? not checked"]
    assert marks == sorted(
        raised + ["✓ passed" if r.success else "✗ failed" for r in results if r.result]
    )
    assert len(page.xpath("//section")) == len(
        {r.expectation_config.kwargs.get("column") for r in results}
    )


@pytest.mark.parametrize(
    "row",
    [
        ("✓ passed", "Must have greater than or equal to 1 rows.", "4"),
        (
            "✓ passed",
            "median must be greater than or equal to 0.0 and less than or equal to 9.0.",
            "2.5",
        ),
        (
            "✗ failed",
            "values must belong to this set: $n. 4 unexpected values found. 100% of 4 total rows. Unexpected Value Count $column 4",
            "100% unexpected",
        ),
        (
            "✗ failed",
            "quantiles must be within the following value ranges. Quantile Min Value Max Value Median 0 1",
            "Quantile Value Median 3",
        ),
        (
            "✗ failed",
            "Kullback-Leibler (KL) divergence with respect to the following distribution must be lower than 0.1. "
            "values fraction 1 0.5 2 0.5",
            "KL Divergence: None (-infinity, infinity, or NaN) values fraction 1 0.25 2 0.25 3 0.25 4 0.25",
        ),
    ],
    ids=lambda row: row[1][:20],
)
def test_the_texts_are_those_of_great_expectations(folder: Path, row: tuple[str, str, str]):
    """A dollar sign in the data stays one: no value is interpreted as a template."""
    assert row in rows(tree(folder, "1-*.html"))


def test_an_expectation_that_raised_shows_why(folder: Path):
    (row,) = [row for row in rows(tree(folder, "1-*.html")) if row[0] == "? not checked"]
    assert (
        "values must never be null. expect_column_values_to_not_be_null raised an exception: Error: The column"
        in row[1]
    )
    message, _, traceback = row[1].partition("Show exception traceback...")
    assert message.endswith('" in BatchData does not exist. ')
    assert "Traceback (most recent call last)" in traceback


def test_long_values_and_long_lists_are_cut(folder: Path):
    text = " ".join(row[1] for row in rows(tree(folder, "1-*.html")))
    assert "b" * 300 + "…" in text
    assert "b" * 301 not in text
    assert "v50 v51" in text
    assert "v100" not in text
    assert "… and more" in text


def result(name: str, **outcome) -> dict:
    """Return a validation result as JSON."""
    config = {"type": "expect_column_values_to_be_unique", "kwargs": {"column": "c"}, "meta": {}}
    return {
        "suite_name": name,
        "success": False,
        "results": [{"success": False, "expectation_config": config, "result": outcome}],
    }


def test_a_cell_that_poses_as_content_is_shown_as_text(tmp_path: Path):
    posing = {"content_block_type": "table", "table": 7, "header_row": HOSTILE}
    posing_result = result(
        "posing",
        partial_unexpected_list=[posing],
        unexpected_count=1,
        element_count=1,
        unexpected_percent=100,
    )
    write_data_docs([posing_result], tmp_path)
    ((_, statement, _),) = rows(tree(tmp_path, "1-*.html"))
    assert "Sampled Unexpected Values {'content_block_type': 'table', 'table': 7" in statement


def test_omitted_values_are_counted(tmp_path: Path):
    write_data_docs(
        [
            result(
                "many",
                partial_unexpected_list=list(range(1, 101)),
                unexpected_count=100,
                element_count=100,
            )
        ],
        tmp_path,
    )
    ((_, statement, _),) = rows(tree(tmp_path, "1-*.html"))
    assert statement.endswith("39 40 … and 60 more")


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "ä" * 500, "a\udce9b", "."])
def test_pages_stay_in_the_folder_whatever_the_suite_is_called(tmp_path: Path, name: str):
    write_data_docs([result(name), result(name)], tmp_path / "docs")
    assert [file.name for file in tmp_path.iterdir()] == ["docs"]
    assert len(list((tmp_path / "docs").glob("[12]*.html"))) == 2


@pytest.mark.parametrize("kind", ["expect_the_unheard_of", "expect_column_values_to_be_unique"])
def test_an_expectation_of_another_version_is_shown_by_its_type(tmp_path: Path, kind: str):
    """This version has no such expectation, or does not accept its arguments."""
    unknown = result("x", observed_value=HOSTILE)
    unknown["results"][0]["expectation_config"] = {
        "type": kind,
        "kwargs": {"how": HOSTILE},
        "meta": {},
    }
    write_data_docs([unknown], tmp_path)
    ((mark, statement, observed),) = rows(tree(tmp_path, "1-*.html"))
    assert mark == "✗ failed"
    assert statement.startswith(f"{kind}: {{'how': '<script>")
    assert "<script>" in observed


def test_an_index_without_results(tmp_path: Path):
    index = tree(write_data_docs([], tmp_path).local_path.parent, "index.html")
    assert "0 of 0 expectations passed" in index.text_content()


def test_no_data_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    result = hostile_result()  # making it logs messages of Great Expectations itself
    caplog.clear()
    write_data_docs([result], tmp_path)
    assert caplog.text == ""


def test_the_results_of_a_run_are_json_that_agrees_with_its_checks(tmp_path: Path):
    documents = pl.DataFrame(
        {
            "document_id": ["d", "d"],
            "status": ["published"] * 2,
            "reason": [None] * 2,
            "media_type": ["text/html"] * 2,
            "title": ["T", None],
            "chunk_count": [1, 1],
        },
        schema_overrides={"chunk_count": pl.Int32, "reason": pl.String},
    )
    chunks = pl.DataFrame(
        {
            "chunk_id": ["c"],
            "document_id": ["d"],
            "embedding_fingerprint": [HOSTILE],
            "text_sha256": ["t"],
            "language": ["en"],
        }
    )
    contract = BatchContract()
    audited = run_suite(documents, chunks, contract, "e")
    results = audited.results
    assert json.loads(json.dumps(results)) == list(results)
    assert [result["suite_name"] for result in results] == ["documents", "published", "chunks"]
    successes = [check["success"] for result in results for check in result["results"]]
    assert successes == [check.outcome == "passed" for check in audited.checks]
    assert [result["statistics"]["evaluated_expectations"] for result in results] == [3, 3, 5]
    write_data_docs(results, tmp_path)
    page = rows(tree(tmp_path, "3-chunks.html"))
    assert [row[0] for row in page].count("✗ failed") == 1
    assert any(
        "values must belong to this set: e. 1 unexpected values found." in row[1] for row in page
    )
