"""The report on a run: complete, self-contained, and safe whatever a document is called."""

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest
from lxml import html

from tests.reports.reading import active_elements
from vouch.reports.meaning import LEFT_OUT_KINDS, left_out_kind
from vouch.reports.run_report import render_run, write_run_report
from vouch.reports.summary import advice
from vouch.schemas.documents.records import LeftOutKind
from vouch.schemas.process import environment
from vouch.schemas.runs.record import (
    Accounting,
    Bin,
    Breakdown,
    Change,
    Check,
    Decision,
    Drift,
    Example,
    Group,
    LeftOutDocument,
    LeftOutGroup,
    LeftOutSummary,
    Outcome,
    PolicyFinding,
    RejectGroup,
    RunRecord,
    Severity,
    SourceSummary,
    StageCost,
    Status,
    Verdict,
)
from vouch.schemas.runs.retrieval import MetricChange, QueryScore, Retrieval

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


RETRIEVAL = Retrieval(
    queries=2,
    mode="hybrid",
    k=5,
    changes=(MetricChange(metric="recall@5", published=0.6, candidate=0.5, p=0.04),),
    lost=(QueryScore(id=HOSTILE, query=HOSTILE, published={"MRR": 0.5}, candidate=None),),
    won=(QueryScore(id="q2", query="when?", published={"MRR": 0.0}, candidate={"MRR": 1.0}),),
    unlocated=(HOSTILE,),
)


def drift(figure: str, distance: float) -> Drift:
    return Drift(
        figure=figure,
        scope="docs",
        part="arrivals",
        before=HOSTILE,
        after=HOSTILE,
        distance=distance,
        warn=0.1,
        block=0.4,
    )


LEFT_OUT = LeftOutSummary(
    documents=4,
    read=2_000,
    left_out=500,
    groups=(
        LeftOutGroup(
            kind="boilerplate",
            pieces=3,
            characters=500,
            documents=2,
            examples=(Example(uri=HOSTILE, message=HOSTILE),),
        ),
    ),
    mostly_left_out=3,
    documents_losing_most=(
        LeftOutDocument(uri=HOSTILE, read=1_500, left_out=1_350, kind="hidden", example=HOSTILE),
    ),
)


def record(**changes) -> RunRecord:
    values = {
        "run_id": "20260102T030405-abcdef",
        "status": Status.PUBLISHED,
        "verdict": Verdict(
            decision=Decision.WARN,
            checks=(check("untitled share", Outcome.FAILED), check("fine", Outcome.PASSED)),
        ),
        "started_at": AT,
        "ended_at": AT.replace(minute=9),
        "settings_sha256": "s" * 64,
        "code_version": "0.1.0",
        "embedding_fingerprint": "f" * 16,
        "model": "m",
        "sources": (
            SourceSummary(
                name="docs", path="/x", listed=7, filtered=1, complete=False, problems=(HOSTILE,)
            ),
        ),
        "accounting": Accounting(
            listed=7, attached=1, published=4, unchanged=2, filtered=1, quarantined=1, removed=3
        ),
        "stages": (StageCost(stage="parse", seconds=12.5, items=4, unit="documents"),),
        "breakdown": Breakdown(
            by_source=(Group(name="docs", documents=6, chunks=60),),
            by_format=(Group(name=HOSTILE, documents=1, chunks=3),),
            by_language=(Group(name="en", documents=5, chunks=50),),
            chunk_tokens=(Bin(low=0, high=25, count=11), Bin(low=25, high=50, count=0)),
            document_chars=(Bin(low=0, high=500, count=4),),
        ),
        "rejects": (
            RejectGroup(
                stage="parse",
                reason="malformed",
                count=1,
                examples=(Example(uri=HOSTILE, message=HOSTILE),),
            ),
        ),
        "filtered": (
            RejectGroup(
                stage="list", reason="hidden", count=1, examples=(Example(uri=".git", message="m"),)
            ),
        ),
        "changes": (Change(action="new", source="docs", uri=HOSTILE, why="not in the index"),),
        "change_counts": {"new": 5, "unchanged": 2},
        "versions": {"chunks": 7},
        "tag": "run-x",
        "retrieval": RETRIEVAL,
        "drift": (drift("languages", 0.5), drift("vectors", 0.2), drift("formats", 0.0)),
        "policy": (
            PolicyFinding(
                kind="injection",
                what="override_instructions",
                action="flag",
                count=2,
                documents=1,
                examples=(Example(uri=HOSTILE, message=HOSTILE),),
            ),
        ),
        "left_out": LEFT_OUT,
        "metrics": {
            "left_out": 0.125,
            "documents": 6.0,
            "chunks": 60.0,
            "untitled": 0.25,
            "golden recall@5": 0.5,
            f"language {HOSTILE}": 1.0,
        },
    }
    return RunRecord(**(values | changes))


STATES = [
    record(),
    record(verdict=Verdict(decision=Decision.ACCEPT, checks=()), sources=()),
    record(
        status=Status.REJECTED,
        verdict=Verdict(
            decision=Decision.REJECT, checks=(check("x", Outcome.FAILED, Severity.REJECT),)
        ),
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
    record(status=Status.PUBLISHING, ended_at=None),
    record(status=Status.RUNNING, verdict=None, ended_at=None),
    record(status=Status.STAGED, retrieval=RETRIEVAL),
    record(
        kind="rollback",
        window="back to run x",
        hold=True,
        verdict=None,
        stages=(),
        sources=(),
        accounting=Accounting(),
    ),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: str(state.status))
def test_nothing_in_the_page_runs_or_loads(state: RunRecord):
    page = render_run(state)
    tree = html.document_fromstring(page)
    assert active_elements(tree) == []
    assert [href for href in tree.xpath("//@href") if not href.startswith("#")] == []
    assert not re.search(r"url\(|@import|https?://", page)
    assert "\u202e" not in page
    if state.rejects:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


VERDICTS = [
    ("Published, with 1 warning", "warn"),
    ("Published", "good"),
    ("Rejected: nothing was published", "bad"),
    ("Nothing to do", "warn"),
    ("Failed: nothing was published", "bad"),
    ("Cut short while publishing", "warn"),
    ("Not finished", "warn"),
    ("Built beside the published state, not published", "warn"),
    ("Rolled back to run x", "back"),
]


@pytest.mark.parametrize(("state", "verdict"), list(zip(STATES, VERDICTS, strict=True)))
def test_the_verdict_comes_first(state: RunRecord, verdict: tuple[str, str]):
    headline, tone = verdict
    tree = html.document_fromstring(render_run(state))
    (element,) = tree.xpath("//div[@id='verdict']")
    assert element.get("class") == f"verdict {tone}"
    assert [heading.text for heading in tree.iter("h1")] == [headline]


def test_the_page_shows_every_part_of_the_record():
    page = " ".join(html.document_fromstring(render_run(record())).text_content().split())
    for text in (
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
        assert text in page, text


def test_the_page_is_structured_for_screen_readers():
    tree = html.document_fromstring(render_run(record()))
    assert tree.get("lang") == "en"
    assert tree.xpath("//table[not(caption)]") == []
    assert tree.xpath("//thead//th[not(@scope)]") == []
    assert all(tree.xpath(f"//*[@id='{target[1:]}']") for target in tree.xpath("//nav//@href"))
    assert {"header", "main", "footer", "nav"} <= {
        element.tag for element in tree.iter() if isinstance(element.tag, str)
    }


@pytest.mark.parametrize("state", STATES, ids=lambda state: f"{state.kind} {state.status}")
def test_links_lead_to_the_sections_of_the_page(state: RunRecord):
    tree = html.document_fromstring(render_run(state))
    targets = tree.xpath("//nav//@href")
    assert [target for target in targets if not tree.xpath(f"//*[@id='{target[1:]}']")] == []
    assert len(targets) == len(tree.xpath("//section[h2][@id]")) - len(
        tree.xpath("//section[@id='next']")
    )


def test_only_a_published_run_says_that_documents_were_published():
    for words in ("were published", "is kept in quarantine"):
        statuses = {str(state.status) for state in STATES if words in render_run(state)}
        assert statuses == {"published"}


def rejects(*uris: str) -> tuple[RejectGroup, ...]:
    examples = tuple(Example(uri=uri, message="m") for uri in uris)
    return (RejectGroup(stage="parse", reason="malformed", count=len(uris), examples=examples),)


@pytest.mark.parametrize(
    "uri",
    [
        "a b.pdf",
        "'; echo owned; '",
        "$(echo owned)",
        "`echo owned`",
        '"; echo owned #',
        "a\\'b",
        "<b>&amp;",
    ],
)
def test_a_copied_command_is_safe_whatever_a_file_is_called(uri: str):
    tree = html.document_fromstring(render_run(record(rejects=rejects(uri))))
    (command,) = [
        code.text for code in tree.iter("code") if code.text.startswith("vouch quarantine show")
    ]
    assert shlex.split(command) == ["vouch", "quarantine", "show", uri]


@pytest.mark.parametrize("uri", ["a\nb", "-rf", "a\u202eb", "x" * 301, "\u200b", "a\u00a0b"])
def test_no_command_contains_a_name_that_cannot_be_copied(uri: str):
    commands = " ".join(command for _, command in advice(record(rejects=rejects(uri, "plain.pdf"))))
    assert "vouch quarantine show plain.pdf" in commands
    assert "quarantine show" not in " ".join(
        command for _, command in advice(record(rejects=rejects(uri)))
    )


UNPUBLISHED = [
    state for state in STATES if state.status not in (Status.PUBLISHED, Status.UNCHANGED)
]


@pytest.mark.parametrize("state", UNPUBLISHED, ids=lambda state: str(state.status))
def test_a_run_that_published_nothing_does_not_advise_to_look_at_its_results(state: RunRecord):
    sums = Accounting(quarantined=1, chunks_published=5)
    steps = advice(state.model_copy(update={"accounting": sums}))
    assert not re.search("quarantine|search|trace", " ".join(command for _, command in steps))


def test_sums_that_do_not_close_are_shown():
    page = render_run(record(accounting=Accounting(listed=3, published=2)))
    assert "The sums do not close: documents: listed + missing + attached = 3 but" in page
    assert "is accounted for" not in page


def test_deceptive_characters_are_shown_by_their_code():
    page = render_run(record(rejects=rejects("a\udce9b", "c\U000e0041d", "e\u2028f")))
    assert page.encode()
    for shown in ("a⟨U+DCE9⟩b", "c⟨U+E0041⟩d", "e⟨U+2028⟩f"):
        assert shown in page


def section(state: RunRecord, name: str) -> str:
    """The text of a section, in which white space is folded."""
    (part,) = html.fromstring(render_run(state)).xpath(f"//section[@id='{name}']")
    return " ".join(" ".join(part.itertext()).split())


def test_what_is_left_out_of_the_search_is_shown_by_kind_and_by_document():
    shown = section(record(), "left-out")
    assert (
        "Of 2,000 characters in 4 documents that this run read, 500 (25.0%) are not searched. "
        "3 documents lost more than half of the text. 2 unchanged documents are counted in the "
        "runs that read them. In the index as a whole it is 12.5%." in shown
    )
    assert "navigation, sidebars" in shown
    assert "1,500 1,350 90.0% Mostly text that the format hides from readers" in shown
    assert "… and 2 more" in shown
    nothing = record(left_out=LeftOutSummary(documents=1, read=9))
    assert "All of the text of 1 document that this run read is searched." in section(
        nothing, "left-out"
    )
    assert 'id="left-out"' not in render_run(record(left_out=LeftOutSummary()))


def test_every_kind_of_what_is_left_out_is_described():
    assert set(LEFT_OUT_KINDS) == set(LeftOutKind)
    assert left_out_kind("of_a_newer_version") == "of a newer version"


def test_omitted_rows_are_counted():
    many = tuple(
        RejectGroup(stage="parse", reason=f"reason {n}", count=1, examples=()) for n in range(45)
    )
    assert "… and 5 more reasons" in render_run(record(rejects=many))


def test_an_empty_bar_is_empty():
    tree = html.document_fromstring(render_run(record()))
    assert [
        len(row.xpath(".//i"))
        for row in tree.xpath("//tr[th[starts-with(., '0 – 25') or starts-with(., '25 –')]]")
    ] == [
        1,
        0,
    ]


def test_the_size_of_the_page_is_bounded():
    many = tuple(
        Change(action="new", source="docs", uri="u" * 2000, why="w" * 2000) for _ in range(300)
    )
    groups = tuple(Group(name="x" * 1000, documents=1, chunks=1) for _ in range(5000))
    assert len(render_run(record(changes=many, breakdown=Breakdown(by_format=groups)))) < 200_000


def test_the_file_is_written_atomically(tmp_path: Path):
    path = write_run_report(record(), tmp_path / "reports").local_path
    assert path.name == "20260102T030405-abcdef.html"
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_report_shows_no_secret_whoever_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(environment, "_filled_in", {"hunter-2-hunter"})
    failed = record(error="refused with the key hunter-2-hunter")
    written = write_run_report(failed, tmp_path / "reports").read_text()
    assert "hunter-2-hunter" not in written
    assert failed.run_id in written


def test_commands_quote_names_and_skip_those_that_cannot_be_typed():
    groups = (
        RejectGroup(
            stage="parse", reason="a", count=1, examples=(Example(uri="x\u202ey", message="m"),)
        ),
        RejectGroup(
            stage="parse",
            reason="b",
            count=1,
            examples=(Example(uri="a'; rm -rf ~; '.md", message="m"),),
        ),
    )
    commands = [
        code.text_content()
        for code in html.document_fromstring(render_run(record(rejects=groups))).xpath("//li/code")
    ]
    assert [command for command in commands if "rm" in command] == [
        """vouch quarantine show 'a'"'"'; rm -rf ~; '"'"'.md'"""
    ]
    assert not any("202E" in command for command in commands)
