"""A run's artifact in Prefect's pages: names of documents are text in it, whatever they contain."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from vouch.flows.artifacts import artifacts, code_span, escaped, summary
from vouch.reports.formatting import plain
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import (
    Check,
    Decision,
    Example,
    LeftOutGroup,
    LeftOutSummary,
    Outcome,
    RejectGroup,
    RunRecord,
    Severity,
    Status,
    Verdict,
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


@pytest.mark.parametrize("name", NAMES)
def test_the_summary_says_first_what_rejects_and_what_is_behind_it(name: str):
    blocks = Check(
        id=CheckId.DRIFT_LANGUAGES,
        name="drift: languages",
        scope="drift",
        owner="drift",
        severity=Severity.REJECT,
        outcome=Outcome.FAILED,
        figure=0.49,
        threshold=0.25,
        message=f"es 0% → 49% of {name}",
        concerned=48,
        examples=tuple(Example(uri=name, message="es") for _ in range(3)),
    )
    warns = blocks.model_copy(update={"name": "drift: chunks", "severity": Severity.WARN})
    record = RunRecord(
        run_id="r",
        status=Status.REJECTED,
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        verdict=Verdict(decision=Decision.REJECT, checks=(warns, blocks)),
    )
    shown = summary(record, None)
    lines = [line for line in shown.splitlines() if line.startswith(("- ", "  - "))]
    assert lines[0].startswith("- **drift: languages** rejects the run: ")
    assert lines[1] == "  - Questions in one language may be answered in another."
    assert lines[2].endswith(" and 45 more")
    assert lines[3] == "  - All of them: `vouch explain r --check drift_languages@drift --all`"
    assert lines[4].startswith("- **drift: chunks** warns: ")
    assert lines[5].endswith("`vouch explain r`")
    assert not tags(shown) & {"link_open", "image", "html_inline", "html_block", "s_open"}


def test_the_summary_says_who_agreed_as_text():
    agreed = Approval(
        id="a", who="<b>Ana", why="[x](y)", at=datetime(2026, 11, 29, tzinfo=UTC), run_id="r"
    )
    record = RunRecord(
        run_id="r",
        status=Status.PUBLISHED,
        started_at=datetime(2026, 11, 29, tzinfo=UTC),
        settings_sha256="",
        code_version="",
        approval=agreed,
    )
    shown = summary(record, None)
    assert r"**Published because \<b\>Ana agreed on 2026-11-29: \[x\]\(y\)**" in shown
    assert not tags(shown) & {"link_open", "html_inline"}
