"""The report: whole, self-contained, harmless whatever a document is called."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from reports.run_report import render_run, write_run_report
from schemas.run import (
    Accounting,
    Bin,
    Breakdown,
    Change,
    Check,
    Decision,
    Example,
    Group,
    Outcome,
    RejectGroup,
    RunRecord,
    Severity,
    SourceSummary,
    StageCost,
    Status,
    Verdict,
)

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\" onload='x' \u202egnp.exe\u202c javascript:alert(1) {{ 7*7 }}"


def check(name: str, outcome: Outcome, severity: Severity = Severity.WARN) -> Check:
    return Check(
        name=name,
        scope="chunks",
        owner="pandera",
        severity=severity,
        outcome=outcome,
        figure=0.4,
        threshold=0.2,
        message=HOSTILE,
    )


def record(**changes) -> RunRecord:
    values = {
        "run_id": "20260102T030405-abcdef",
        "status": Status.PUBLISHED,
        "verdict": Verdict(
            decision=Decision.WARN, checks=(check("untitled share", Outcome.FAILED), check("fine", Outcome.PASSED))
        ),
        "started_at": AT,
        "ended_at": AT.replace(minute=9),
        "settings_sha256": "s" * 64,
        "code_version": "0.1.0",
        "embedding_fingerprint": "f" * 16,
        "model": "m",
        "sources": (SourceSummary(name="docs", path="/x", listed=7, filtered=1, complete=False, problems=(HOSTILE,)),),
        "accounting": Accounting(listed=7, attached=1, published=4, unchanged=2, filtered=1, quarantined=1, removed=3),
        "stages": (StageCost(stage="parse", seconds=12.5, items=4, unit="documents"),),
        "breakdown": Breakdown(
            by_source=(Group(name="docs", documents=6, chunks=60),),
            by_format=(Group(name=HOSTILE, documents=1, chunks=3),),
            by_language=(Group(name="en", documents=5, chunks=50),),
            chunk_tokens=(Bin(low=0, high=25, count=11), Bin(low=25, high=50, count=0)),
            document_chars=(Bin(low=0, high=500, count=4),),
        ),
        "rejects": (
            RejectGroup(stage="parse", reason="malformed", count=1, examples=(Example(uri=HOSTILE, message=HOSTILE),)),
        ),
        "filtered": (RejectGroup(stage="list", reason="hidden", count=1, examples=(Example(uri=".git", message="m"),)),),
        "changes": (Change(action="new", source="docs", uri=HOSTILE, why="not in the index"),),
        "change_counts": {"new": 5, "unchanged": 2},
        "versions": {"chunks": 7},
        "tag": "run-x",
    }
    return RunRecord(**(values | changes))


STATES = [
    record(),
    record(verdict=Verdict(decision=Decision.ACCEPT, checks=()), sources=()),
    record(
        status=Status.REJECTED, verdict=Verdict(decision=Decision.REJECT, checks=(check("x", Outcome.FAILED, Severity.REJECT),))
    ),
    record(status=Status.UNCHANGED, verdict=None, rejects=(), filtered=(), changes=()),
    record(
        status=Status.FAILED,
        verdict=None,
        error=HOSTILE,
        ended_at=None,
        breakdown=Breakdown(),
        stages=(),
        versions={},
        tag=None,
    ),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state.status))
def test_nothing_in_it_runs_or_loads(state: RunRecord):
    page = render_run(state)
    tree = html.document_fromstring(page)
    assert tree.xpath("//script | //iframe | //object | //link | //img | //*[@src] | //form") == []
    assert [href for href in tree.xpath("//@href") if not href.startswith("#")] == []
    assert tree.xpath("//@*[starts-with(name(), 'on')]") == []
    assert not re.search(r"url\(|@import|https?://", page)
    assert "\u202e" not in page
    if state.rejects:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize(
    ("state", "headline", "tone"),
    [
        *zip(
            STATES,
            [
                "Published, with 1 warning",
                "Published",
                "Rejected: nothing was published",
                "Nothing to do",
                "Failed: nothing was published",
            ],
            ["warn", "good", "bad", "warn", "bad"],
            strict=True,
        )
    ],
)
def test_the_verdict_comes_first(state: RunRecord, headline: str, tone: str):
    tree = html.document_fromstring(render_run(state))
    (verdict,) = tree.xpath("//div[@id='verdict']")
    assert verdict.get("class") == f"verdict {tone}"
    assert [heading.text for heading in tree.iter("h1")] == [headline]


def test_all_that_the_record_holds_is_in_it():
    page = " ".join(html.document_fromstring(render_run(record())).text_content().split())
    for told in (
        "untitled share",
        "malformed",
        "hidden",
        "parse",
        "12 s",
        "incomplete",
        "0 – 25",
        "5 new",
        "run-x",
        "chunks 7",
        "en",
    ):
        assert told in page, told


def test_it_can_be_read_without_eyes():
    tree = html.document_fromstring(render_run(record()))
    assert tree.get("lang") == "en"
    assert tree.xpath("//table[not(caption)]") == []
    assert tree.xpath("//thead//th[not(@scope)]") == []
    assert all(tree.xpath(f"//*[@id='{target[1:]}']") for target in tree.xpath("//nav//@href"))
    assert {"header", "main", "footer", "nav"} <= {element.tag for element in tree.iter() if isinstance(element.tag, str)}


def test_a_hundred_thousand_documents_make_no_larger_page():
    many = tuple(Change(action="new", source="docs", uri="u" * 2000, why="w" * 2000) for _ in range(300))
    groups = tuple(Group(name="x" * 1000, documents=1, chunks=1) for _ in range(5000))
    assert len(render_run(record(changes=many, breakdown=Breakdown(by_format=groups)))) < 200_000


def test_it_is_written_at_once(tmp_path: Path):
    path = write_run_report(record(), tmp_path / "reports")
    assert path.name == "20260102T030405-abcdef.html"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_hostile_name_never_becomes_a_command():
    """What the report tells to type is quoted for the shell, and a name that cannot be typed is not offered."""
    groups = (
        RejectGroup(stage="parse", reason="a", count=1, examples=(Example(uri="x\u202ey", message="m"),)),
        RejectGroup(stage="parse", reason="b", count=1, examples=(Example(uri="a'; rm -rf ~; '.md", message="m"),)),
    )
    commands = [code.text_content() for code in html.document_fromstring(render_run(record(rejects=groups))).xpath("//li/code")]
    assert [one for one in commands if "rm" in one] == ["""vouch quarantine show 'a'"'"'; rm -rf ~; '"'"'.md'"""]
    assert not any("202E" in one for one in commands)
