"""A run's artifact in Prefect's pages: names of documents are text in it, whatever they contain."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vouch.flows.artifacts import artifacts, code_span, escaped, summary
from vouch.reports.formatting import plain
from vouch.schemas.runs.record import (
    Example,
    LeftOutGroup,
    LeftOutSummary,
    RejectGroup,
    RunRecord,
    Status,
)

NAMES = (
    "0` ![p](\\\\127.0.0.1\\x.png) [see here](javascript:alert(7)) `.pdf",
    "a``b```c.pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "_a_ **b** ~~c~~ | d.pdf",
    "x\n\n# heading\n\n- item.pdf",
    "https://host/[a](b).pdf",
)


def tags(markdown: str) -> set[str]:
    parser = MarkdownIt("gfm-like", {"linkify": False, "html": True})
    tokens = parser.parse(markdown)
    return {
        token.type
        for block in tokens
        for token in (block, *(block.children or ()))
        if token.type not in ("inline", "text", "softbreak", "text_special")
    }


@given(st.sampled_from(NAMES) | st.text("`*_[]()<>!#|\\ab\n &~"))
def test_a_name_is_shown_as_it_is(name: str):
    assert tags(f"x {escaped(name)} x") <= {"paragraph_open", "paragraph_close"}
    rendered = MarkdownIt().renderInline(f"x {escaped(name)} x")
    assert "<" not in rendered


@given(st.sampled_from(NAMES[:2]) | st.text("`ab\\ ", min_size=1))
def test_a_command_ends_where_its_code_ends(command: str):
    assert tags(f"x {code_span(command)} x") == {"paragraph_open", "paragraph_close", "code_inline"}


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_has_no_link_or_picture_of_a_documents_name(name: str):
    record = RunRecord(
        run_id="r",
        status=Status.FAILED,
        error=f"{name} failed",
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        rejects=(
            RejectGroup(
                stage="parse",
                reason="malformed",
                count=1,
                examples=(Example(uri=name, message=""),),
            ),
        ),
    )
    markup = tags(summary(record, None))
    assert not markup & {"link_open", "image", "html_inline", "html_block", "s_open", "strong_open"}
    assert plain(name).split()[0][:3] in summary(record, None).replace("\\", "")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_left_out_is_a_line_and_a_table_without_active_markup(name: str):
    group = LeftOutGroup(
        kind="boilerplate",
        pieces=2,
        characters=30,
        documents=1,
        examples=(Example(uri=name, message=f"\x1b[31m{name}"),),
    )
    record = RunRecord(
        run_id="r",
        status=Status.PUBLISHED,
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        left_out=LeftOutSummary(documents=3, read=120, left_out=30, groups=(group,)),
    )
    shown = summary(record, None).replace("\\", "")
    assert "Of 120 characters in 3 documents that this run read, 30 (25.0%) are not" in shown
    (table,) = (
        artifact for artifact in artifacts(record, None) if artifact.key == "vouch-left-out"
    )
    (row,) = table.table
    assert (row["what"], row["characters"], row["first"]) == (
        "boilerplate: navigation, sidebars, notices around the content",
        30,
        plain(name),
    )
    assert "\x1b" not in row["example"]


def test_the_summary_says_where_things_are():
    places = {"index": "s3://bucket/index", "staging": "/data/a b/work", "reports": "s3://bucket/r"}
    record = RunRecord(
        run_id="r",
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        places=places,
    )
    assert (
        "Places: index `s3://bucket/index`, staging `/data/a b/work`, reports `s3://bucket/r`"
        in summary(record, None)
    )
