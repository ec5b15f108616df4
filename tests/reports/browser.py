"""The reports in a real browser: the pages that are examined, and what is observed on each.

The browser is the machine's own Chromium, driven by Playwright. The script of axe-core comes with
its installed package.
"""

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from vouch.reports.comparison_report import render_comparison
from vouch.reports.data_docs import write_data_docs
from vouch.reports.period_report import render_period
from vouch.reports.run_report import render_run
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.cost import Spending, Spent
from vouch.schemas.runs.history import Diff, Difference
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
    IndexFigures,
    LeftOutDocument,
    LeftOutGroup,
    LeftOutSummary,
    Maintenance,
    Outcome,
    PolicyFinding,
    RejectGroup,
    RunRecord,
    Severity,
    SourceSummary,
    StageCost,
    Status,
    Verdict,
    VocabularyCoverage,
)
from vouch.schemas.runs.retrieval import (
    Breach,
    Estimate,
    GroupScore,
    LanguageLeak,
    MetricChange,
    QueryScore,
    Retrieval,
)
from vouch.schemas.runs.shadow import Latency, ShadowFigures, Side

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.expectations.expectation import Expectation
    from pandas import DataFrame

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PLAIN = "handbook/part one/chapter-3.md"
HOSTILE = (
    "<script>window.hacked=1</script>\"><img src=x onerror=window.hacked=1>' onfocus=window.hacked=1 autofocus x='"
    " javascript:window.hacked=1 </style></title><svg/onload=window.hacked=1> \u202egnp.exe\u202c \u2066{{ 7*7 }}"
)
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# What depends on colours and on the width of the window; all other rules hold for each or for none.
_AXE_LAYOUT = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "scrollable-region-focusable"]},
    "resultTypes": ["violations"],
}
_FEW = 4  # rows of a table instead of forty: a page has all its parts, and is examined faster


def pages() -> list[tuple[str, str]]:
    """Return name and HTML of each page; every page added here is examined like the others."""
    with TemporaryDirectory() as folder:
        write_data_docs([hostile_result(), good_result()], Path(folder))
        data_docs = [
            (file.stem, file.read_text(encoding="utf-8")) for file in sorted(Path(folder).iterdir())
        ]
    rejected = {
        "status": Status.REJECTED,
        "verdict": Verdict(decision=Decision.REJECT, checks=_checks(PLAIN)),
    }
    approved = {"approval": _approval(HOSTILE), "kind": "backfill"}
    runs = [
        *history(HOSTILE),
        full_record(HOSTILE, report="x", **rejected),
        full_record(HOSTILE, report="x", **approved),
        full_record(PLAIN, report="x", rows=_FEW + 2),
    ]
    rollback = {"kind": "rollback", "window": f"back to {HOSTILE}", "hold": True}
    with pytest.MonkeyPatch.context() as patch:
        for module in ("run_report", "comparison_report", "period_report"):
            patch.setattr(f"vouch.reports.{module}._MAX_ROWS", _FEW)
        return [
            ("published", render_run(full_record(PLAIN, rows=_FEW + 2), history(PLAIN))),
            ("rejected", render_run(full_record(PLAIN, **rejected))),
            ("approved", render_run(full_record(HOSTILE, **approved))),
            ("rolled-back", render_run(full_record(PLAIN, **rollback))),
            ("failed", render_run(full_record(HOSTILE, status=Status.FAILED))),
            ("hostile-rejected", render_run(full_record(HOSTILE, **rejected))),
            ("hostile", render_run(full_record(HOSTILE), history(HOSTILE))),
            (
                "comparison",
                render_comparison(runs[0], full_record(HOSTILE), _difference(HOSTILE)),
            ),
            ("period", render_period(runs, AT, AT)),
            *data_docs,
        ]


def full_record(text: str, rows: int = 3, **changes: Any) -> RunRecord:
    """Return a record that fills every section, with `text` wherever a document provides the text."""
    examples = tuple(Example(uri=f"{text} {n}", message=text) for n in range(2))
    groups = tuple(
        Group(name=f"{text} {n}", documents=n, quarantined=n // 3, chunks=9 * n)
        for n in range(rows)
    )
    bins = tuple(Bin(low=50 * n, high=50 * n + 50, count=n * n) for n in range(6))
    values: dict[str, Any] = {
        "run_id": "20260102T030405-abcdef",
        "status": Status.PUBLISHED,
        "verdict": Verdict(decision=Decision.WARN, checks=_checks(text)),
        "started_at": AT,
        "ended_at": AT.replace(minute=9),
        "settings_sha256": "a" * 64,
        "code_version": "0.2.0",
        "embedding_fingerprint": "f" * 16,
        "model": text,
        "sources": (
            SourceSummary(
                name="docs",
                path=text,
                listed=700,
                filtered=45,
                complete=False,
                problems=(text, text),
            ),
            SourceSummary(name="wiki", path="/srv/wiki", listed=20, filtered=0, complete=True),
        ),
        "accounting": Accounting(
            listed=720, missing=2, attached=1, published=400, unchanged=200, filtered=45, renamed=3
        ),
        "stages": tuple(
            StageCost(stage=name, seconds=12.5, items=4, unit="documents")
            for name in ("parse", "embed")
        ),
        "breakdown": Breakdown(
            by_source=groups[:3],
            by_format=groups,
            by_language=groups[:3],
            chunk_tokens=bins,
            document_chars=bins,
        ),
        "rejects": tuple(
            RejectGroup(stage="parse", reason=f"{text} {n}", count=n, examples=examples)
            for n in range(rows)
        ),
        "filtered": (RejectGroup(stage="list", reason="hidden", count=45, examples=examples),),
        "changes": tuple(
            Change(action="new", source="docs", uri=f"{text} {n}", why=text) for n in range(rows)
        ),
        "change_counts": {"new": 400, "unchanged": 200},
        "versions": {"chunks": 7, "documents": 8},
        "tag": "run-20260102T030405-abcdef",
        "shards": 12,
        "tokens_embedded": 123_456,
        "shards_resumed": 2,
        "window": text,
        "retrieval": _retrieval(text),
        "shadows": (_shadow(text), ShadowFigures(name="late", problem=text)),
        "drift": tuple(
            _drift(text, figure, distance)
            for figure, distance in (("languages", 0.5), ("vectors", 0.2), ("formats", 0))
        ),
        "policy": tuple(
            PolicyFinding(
                kind=kind, what=text, action="flag", count=2, documents=1, examples=examples
            )
            for kind in ("injection", "personal_data")
        ),
        "left_out": LeftOutSummary(
            documents=400,
            read=2_345_678,
            left_out=345_678,
            groups=tuple(
                LeftOutGroup(kind=kind, pieces=20, characters=9_000, documents=7, examples=examples)
                for kind in ("boilerplate", "page_number", "running_header")
            ),
            mostly_left_out=12,
            documents_losing_most=tuple(
                LeftOutDocument(
                    uri=f"{text} {n}", read=20_000, left_out=18_000, kind="hidden", example=text
                )
                for n in range(2)
            ),
        ),
        "vocabulary": (
            VocabularyCoverage(
                source=text,
                language=text,
                texts=3,
                tokens=9,
                unknown_tokens=3,
                characters=3_306,
                unknown_characters=3_300,
                spelled_characters=0,
                documents=1,
                examples=examples,
            ),
        ),
        "spending": Spending.of(
            {(AT.date(), text): 120_000, (AT.date(), "wiki"): 3_456}, Decimal("0.13"), "EUR"
        ),
        "maintenance": Maintenance(
            before=_figures(text, 0.7), after=_figures(text, 0.99), tried=(text,)
        ),
        "metrics": {
            "documents": 620.0,
            "chunks": 6000.0,
            "untitled": 0.1,
            "golden recall@5": 0.6,
            f"language {text}": 0.9,
        },
        "error": text,
    }
    return RunRecord(**(values | changes))


def _figures(text: str, recall: float) -> IndexFigures:
    return IndexFigures(
        vectors=text,
        recall=recall,
        search_ms=12.5,
        p95_ms=20.0,
        unindexed=4,
        fragments=3,
        bytes=2_000_000,
    )


def _difference(text: str) -> Diff:
    return Diff(
        "a",
        "b",
        tuple(Difference("changed", "docs", f"{text} {n}", text) for n in range(6)),
        3,
        2,
        9,
    )


def history(text: str) -> list[RunRecord]:
    """Return earlier runs, from which trends are drawn."""
    return [
        full_record(
            text,
            metrics={
                "documents": 600.0 + n,
                "chunks": 6000.0 - n,
                "golden recall@5": 0.6 + n / 100,
            },
        )
        for n in range(5)
    ]


def _shadow(text: str) -> ShadowFigures:
    latency = Latency(median_ms=12.5, p95_ms=40.0)
    side = Side(model=text, dimension=384, chunks=1202, bytes=3_200_000, latency=latency)
    return ShadowFigures(
        name="many-languages",
        published=side,
        shadow=side,
        documents=420,
        behind=2,
        spending=Spending(
            currency="EUR",
            price_per_million_tokens=Decimal("0.02"),
            rows=(Spent(day=AT.date(), source=text, tokens=1000, amount=Decimal("0.00002")),),
        ),
        retrieval=_retrieval(text),
        won=47,
        lost=23,
        p_won=0.004,
    )


def _retrieval(text: str) -> Retrieval:
    return Retrieval(
        queries=40,
        mode="hybrid",
        k=5,
        changes=tuple(
            MetricChange(metric=metric, published=0.7, candidate=0.6, p=0.03)
            for metric in ("recall@5", "MRR", "nDCG@10")
        ),
        lost=(QueryScore(id=text, query=text, published={"MRR": 0.5}, candidate=None),),
        won=(QueryScore(id="q2", query=text, published={"MRR": 0.0}, candidate={"MRR": 1.0}),),
        unlocated=(text,),
        groups=tuple(
            GroupScore(
                name=name,
                queries=20,
                published=published,
                candidate={
                    "recall@5": Estimate(0.85, 0.6, 0.95),
                    "nDCG@10": Estimate(0.5, 0.4, 0.7),
                },
            )
            for name, published in (("overall", {"recall@5": Estimate(1.0, 0.8, 1.0)}), (text, {}))
        ),
        negatives=3,
        breaches=(Breach(id=text, query=text, message=text, published=False),),
        published_from=text,
        not_compared=2,
        leaks=(
            LanguageLeak(language="overall", queries=40, published=None, candidate=0.25),
            LanguageLeak(language=text, queries=20, published=0.1, candidate=0.25),
        ),
    )


def _drift(text: str, figure: str, distance: float) -> Drift:
    return Drift(
        figure=figure,
        scope="docs",
        part="arrivals",
        before=text,
        after=text,
        distance=distance,
        warn=0.1,
        block=0.4,
    )


@cache
def hostile_result() -> "ExpectationSuiteValidationResult":
    """Validate a batch with hostile names and cells: some expectations pass, fail, or raise."""
    import great_expectations.expectations as gxe
    import pandas as pd

    frame = pd.DataFrame(
        {HOSTILE: [HOSTILE, HOSTILE, "b" * 5000, None], "n": [1, 2, 3, 4], "$n": ["$column"] * 4}
    )
    return _validated(
        HOSTILE,
        frame,
        gxe.ExpectColumnValuesToBeUnique(column=HOSTILE),
        gxe.ExpectColumnValuesToBeInSet(
            column=HOSTILE, value_set=[HOSTILE, "$column", *(f"v{n}" for n in range(200))]
        ),
        gxe.ExpectColumnDistinctValuesToBeInSet(column=HOSTILE, value_set=[HOSTILE]),
        gxe.ExpectColumnValuesToMatchRegex(column=HOSTILE, regex="(?<!x)<b>$"),
        gxe.ExpectColumnPairValuesToBeEqual(column_A="n", column_B=HOSTILE),
        gxe.ExpectTableColumnsToMatchOrderedList(column_list=[HOSTILE]),
        gxe.ExpectTableRowCountToBeBetween(min_value=1),
        gxe.ExpectColumnValuesToNotBeNull(column=f"missing {HOSTILE}"),
        gxe.ExpectColumnValuesToBeInSet(column="$n", value_set=["$n"]),
        gxe.ExpectColumnMedianToBeBetween(column="n", min_value=0, max_value=9),
        gxe.ExpectColumnQuantileValuesToBeBetween(
            column="n", quantile_ranges={"quantiles": [0.5], "value_ranges": [[0, 1]]}
        ),
        gxe.ExpectColumnKLDivergenceToBeLessThan(
            column="n", partition_object={"values": [1, 2], "weights": [0.5, 0.5]}, threshold=0.1
        ),
    )


@cache
def good_result() -> "ExpectationSuiteValidationResult":
    import great_expectations.expectations as gxe
    import pandas as pd

    return _validated(
        "documents", pd.DataFrame({"id": ["a", "b"]}), gxe.ExpectColumnValuesToBeUnique(column="id")
    )


def _validated(
    suite_name: str, frame: "DataFrame", *expectations: "Expectation"
) -> "ExpectationSuiteValidationResult":
    import great_expectations as gx
    from great_expectations.core import ExpectationSuiteValidationResult

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own deprecations
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        asset = context.data_sources.add_pandas("frame").add_dataframe_asset("frame")
        batch = asset.add_batch_definition_whole_dataframe("frame").get_batch({"dataframe": frame})
        results = [
            batch.validate(expectation, result_format="SUMMARY") for expectation in expectations
        ]
    success = all(result.success for result in results)
    return ExpectationSuiteValidationResult(
        success=bool(success), results=results, suite_name=suite_name
    )


def _approval(text: str) -> Approval:
    return Approval(id="a", who=text, why=text, at=AT, run_id="r", checks=(text,), until=AT)


def _checks(text: str) -> tuple[Check, ...]:
    examples = tuple(Example(uri=f"{text} {n}", message=text) for n in range(3))
    empty = Check(
        id=CheckId.FIELD_MISSING_SHARE,
        name=text,
        scope=text,
        subject=text,
        owner="great_expectations",
        severity=Severity.REJECT,
        outcome=Outcome.FAILED,
        figure=0.97,
        threshold=0.05,
        message=text,
        concerned=1_234,
        examples=examples,
    )
    minimum = empty.model_copy(update={"id": CheckId.GOLDEN_MINIMUM, "subject": "overall"})
    return (
        empty,
        minimum,
        *(
            Check(
                name=f"share of {outcome} that {severity}s",
                scope="chunks",
                owner="great_expectations",
                severity=severity,
                outcome=outcome,
                figure=0.412,
                threshold=0.2,
                message=text,
            )
            for outcome, severity in product(Outcome, Severity)
        ),
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start the machine's browser; a test is skipped on a machine that has none."""
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser on this machine: looked for {', '.join(_BROWSERS)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Observation:
    """An open page, the addresses that it requested, and the errors on its console."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def active_content(self) -> list[str]:
        """Return scripts that ran, and elements and attributes that could run or load something."""
        return self.page.evaluate(
            """() => [
                ...(window.hacked === undefined ? [] : ["a script ran"]),
                ...[...document.querySelectorAll(
                    "script, img, svg[onload], svg script, iframe, object, embed, link, form, base"
                )].map(e => e.outerHTML),
                ...[...document.querySelectorAll("*")]
                    .flatMap(e => [...e.attributes])
                    .map(a => a.name + "=" + a.value)
                    .filter(a => /^on|^[^=]+=\\s*(javascript|data|https?):/i.test(a)),
            ]"""
        )

    def overflow(self) -> int:
        """Return by how many CSS pixels the page is wider than its window; 0 if it is not."""
        width = "document.scrollingElement.scrollWidth - window.innerWidth"
        return max(0, self.page.evaluate(width))

    def axe(self, layout_only: bool = False) -> list[str]:
        """Return violations of accessibility rules, each with the first element concerned."""
        self.page.add_script_tag(path=str(files("axe_playwright_python") / "axe.min.js"))
        options = _AXE_LAYOUT if layout_only else _AXE
        result = self.page.evaluate("options => axe.run(document, options)", options)
        return [
            f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html']}"
            for violation in result["violations"]
        ]


@contextmanager
def observe(
    browser: Browser, file: Path, scheme: str = "light", width: int = 1280
) -> Iterator[Observation]:
    """Open a file in a new, offline context.

    `width` is in CSS pixels, `scheme` is `light` or `dark`.
    """
    with browser.new_context(
        color_scheme=scheme, viewport={"width": width, "height": 844}, offline=True
    ) as context:
        observation = Observation(context.new_page())
        page = observation.page
        page.on("request", lambda request: observation.requests.append(request.url))
        page.on("console", lambda message: observation.errors.append(message.text))
        page.on("pageerror", lambda error: observation.errors.append(str(error)))
        page.goto(file.as_uri(), wait_until="load")
        yield observation
