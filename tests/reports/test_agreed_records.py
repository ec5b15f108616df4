"""What a person agreed to is in lineage events, provenance and metrics, whatever the name is."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from prov.model import ProvAgent, ProvDocument

from tests.reports.browser import AT, HOSTILE, PLAIN
from tests.reports.openlineage_schema import problems
from vouch.reports.metrics import metrics_text
from vouch.reports.openlineage import Events
from vouch.reports.provenance import run_provenance
from vouch.schemas.runs.approval import Approval
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import (
    Check,
    Decision,
    Outcome,
    RunRecord,
    Severity,
    Status,
    Verdict,
)


def agreed(text: str) -> RunRecord:
    approval = Approval(
        id="a1", who=text, why=text, at=AT, checks=("drift_languages",), until=AT + timedelta(1)
    )
    check = Check(
        id=CheckId.DRIFT_LANGUAGES, name="languages", scope="docs", owner="drift",
        severity=Severity.WARN, outcome=Outcome.FAILED, approval=approval,
    )  # fmt: skip
    plain = check.model_copy(update={"scope": "all", "approval": None})
    verdict = Verdict(decision=Decision.WARN, checks=(check, plain))
    return RunRecord(
        run_id="r", status=Status.PUBLISHED, verdict=verdict, started_at=AT, ended_at=AT,
        settings_sha256="", code_version="", approval=approval,
    )  # fmt: skip


@pytest.mark.parametrize("text", [PLAIN, HOSTILE])
def test_who_agreed_is_in_events_and_provenance(text: str):
    record = agreed(text)
    events = Events(record, "search", Path("index"), dimension=3)
    assert problems(events.end()) == []
    tags = {
        tag["key"]: tag["value"]
        for tag in json.loads(events.end())["run"]["facets"]["tags"]["tags"]
    }
    assert tags["approval.a1.who"] == text
    assert tags["approval.a1.checks"] == "drift_languages@docs"
    assert "tags" not in json.loads(events.start())["run"]["facets"]

    document = run_provenance(record, None)
    assert ProvDocument.deserialize(content=document.serialize()) == document
    names = [agent.get_attribute("vouch:name") for agent in document.get_records(ProvAgent)]
    assert {text} in names


def test_metrics_count_the_checks_that_warn_by_agreement():
    text = metrics_text([agreed(PLAIN)])
    assert 'vouch_run_checks_agreed{kind="ingest"} 1.0' in text
    until = (AT + timedelta(1)).timestamp()
    (line,) = [line for line in text.splitlines() if line.startswith("vouch_run_check_agreed")]
    assert float(line.rpartition(" ")[2]) == until
