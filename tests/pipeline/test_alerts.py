"""Alerts of whole runs at a real receiver: what went wrong, why, and when it is over."""

import json
import logging
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, outcome, run, write
from tests.receiver import receiver
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import MassDeleteRefused, SettingsError, recorded
from vouch.schemas.runs.record import Status

TOO_FEW = {"batch": {"min_documents": 9}}
REJECTED = "ingest docs: Rejected: nothing was published"


@pytest.fixture
def folder(tmp_path: Path, tiny_model: Path) -> Path:
    settings = configure(tmp_path, tiny_model)
    write(settings, "a.md", "# Alpha\n\nThe first text.")
    write(settings, "b.md", "# Beta\n\nThe second text.")
    return tmp_path


def titles(received: list) -> list[str]:
    return [json.loads(body)["title"].removeprefix("Vouch: ") for body, _ in received]


def test_failed_and_rejected_runs_alert_once_and_when_they_are_over(folder: Path, tiny_model: Path):
    with receiver(200) as (url, received):
        sections = {"alerts": {"to": [url]}, "run": {"report_url": "http://reports.here/"}}
        settings = configure(folder, tiny_model, **sections)
        run(settings)
        assert received == []

        write(settings, "c.json", "{")
        strict = {"batch": {"max_quarantine_share": 0.0}}
        record = outcome(configure(folder, tiny_model, **sections, contracts=strict))
        assert outcome(settings).status is Status.REJECTED
        assert titles(received) == [REJECTED]
        body = json.loads(received[0][0])["body"]
        assert "quarantine share: 33.3% of 3 documents" in body
        assert "of 1 document 1 went to quarantine: malformed (1)" in body
        assert f"report: http://reports.here/{record.run_id}.html" in body

        (folder / "documents/c.json").unlink()
        run(settings)
        assert titles(received)[1:] == ["ingest docs: Nothing to do"]

        for name in ("a.md", "b.md"):
            (folder / "documents" / name).rename(folder / "documents" / f"{name}.gone")
        with pytest.raises(MassDeleteRefused) as refused:
            run(settings)
        assert recorded(refused.value)
        assert titles(received)[2:] == ["ingest: Failed: nothing was published"]
        body = json.loads(received[2][0])["body"]
        assert "- this run would remove 2 of 2" in body


def test_each_receiver_has_an_outbox_and_no_secret_is_shown(
    folder: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setattr(logging.getLogger("vouch"), "propagate", True)
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/hush-hush")
    with receiver(200) as (url, received):
        alerts = {"to": ["${HOOK}", url, "${NOT_SET_HERE}"]}
        settings = configure(folder, tiny_model, alerts=alerts, contracts=TOO_FEW)
        assert outcome(settings).status is Status.REJECTED
        assert "events wait in" in caplog.text
        assert "the environment variable NOT_SET_HERE is not set" in caplog.text
        assert titles(received) == [REJECTED]
        monkeypatch.setenv("HOOK", url)
        outcome(settings)
        assert titles(received) == [REJECTED] * 2
    waiting = "".join(
        file.read_text("utf-8") for file in (folder / "data/work/alerts").rglob("*.json")
    )
    assert "Rejected" in waiting  # of the receiver whose address is not known
    assert "hush" not in caplog.text + waiting


def test_options_of_a_source_take_secrets_from_the_environment(
    folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    def with_option(value: str) -> Path:
        source = {"storage_options": {"auto_mkdir": value}}
        return configure(folder, tiny_model, source=source)

    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    with pytest.raises(SettingsError, match="the environment variable NOT_SET_HERE is not set"):
        read_settings(with_option("${NOT_SET_HERE}"))
    monkeypatch.setenv("AUTO_MKDIR", "yes")
    assert run(with_option("${AUTO_MKDIR}")).accounting.published == 2
