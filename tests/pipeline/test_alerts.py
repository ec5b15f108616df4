"""Alerts of real runs, at a real receiver: what went wrong, why, and what to do; by an outbox, and with no secret."""

import json
import logging
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, outcome, run, write
from tests.receiver import receiver
from vouch.pipeline.context.settings_loader import read_settings
from vouch.schemas.errors import MassDeleteRefused, SettingsError, recorded
from vouch.schemas.run import Status


@pytest.fixture
def folder(project) -> Path:
    made: Path = project(
        {"a.md": "# Alpha\n\nThe first text.", "b.md": "# Beta\n\nThe second text."}
    ).parent
    return made


def titles(seen: list) -> list[str]:
    return [json.loads(body)["title"].removeprefix("Vouch: ") for body, _ in seen]


def test_a_rejected_run_is_told_once_and_that_it_is_over(folder: Path, tiny_model: Path):
    with receiver(200) as (url, seen):
        told = {"alerts": {"to": [url]}, "run": {"report_url": "http://reports.here/"}}
        settings = configure(folder, tiny_model, **told)
        run(settings)
        assert seen == []
        write(settings, "c.json", "{")
        configure(folder, tiny_model, **told, contracts={"batch": {"max_quarantine_share": 0.0}})
        record = outcome(settings)
        assert outcome(settings).status is Status.REJECTED
        assert titles(seen) == ["ingest docs: Rejected: nothing was published"]
        body = json.loads(seen[0][0])["body"]
        assert "quarantine share: 33.3% of 3 documents" in body
        assert "of 1 document 1 went to quarantine: malformed (1)" in body
        assert f"report: http://reports.here/{record.run_id}.html" in body
        (folder / "documents" / "c.json").unlink()
        run(settings)
        assert titles(seen)[1:] == ["ingest docs: Nothing to do"]


def test_a_failed_run_is_told_by_its_error(folder: Path, tiny_model: Path):
    with receiver(200) as (url, seen):
        settings = configure(folder, tiny_model, alerts={"to": [url]})
        run(settings)
        for name in ("a.md", "b.md"):
            (folder / "documents" / name).rename(folder / "documents" / f"{name}.gone")
        with pytest.raises(MassDeleteRefused) as refused:
            run(settings)
    assert recorded(refused.value)
    assert titles(seen) == ["ingest: Failed: nothing was published"]
    assert "MassDeleteRefused: this run would remove 2 of 2" in json.loads(seen[0][0])["body"]


def test_each_receiver_has_its_own_outbox_and_no_secret_is_shown(
    folder: Path,
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
):
    monkeypatch.setenv("HOOK", "http://127.0.0.1:9/hush-hush")
    with receiver(200) as (url, seen):
        told = {
            "alerts": {"to": ["${HOOK}", url, "${NOT_SET_HERE}"]},
            "contracts": {"batch": {"min_documents": 9}},
        }
        settings = configure(folder, tiny_model, **told)
        with caplog.at_level(logging.WARNING):
            logging.getLogger("vouch").addHandler(caplog.handler)
            assert outcome(settings).status is Status.REJECTED
            logging.getLogger("vouch").removeHandler(caplog.handler)
        assert "events wait in" in caplog.text
        assert "the environment variable NOT_SET_HERE is not set" in caplog.text
        assert titles(seen) == ["ingest docs: Rejected: nothing was published"]
        monkeypatch.setenv("HOOK", url)
        outcome(settings)
    assert titles(seen) == ["ingest docs: Rejected: nothing was published"] * 2
    kept = "".join(
        file.read_text("utf-8") for file in (folder / "data" / "work" / "alerts").rglob("*.json")
    )
    assert "Rejected" in kept  # what waits for the third
    assert "hush" not in caplog.text + kept


def test_a_secret_block_of_the_server_is_filled_in(folder: Path, tiny_model: Path):
    from prefect.blocks.system import Secret

    with receiver(200) as (url, seen):
        Secret(value=url).save("vouch-test-hook")
        told = {
            "alerts": {"to": ["${secret:vouch-test-hook}"]},
            "contracts": {"batch": {"min_documents": 9}},
        }
        outcome(configure(folder, tiny_model, **told))
    assert titles(seen) == ["ingest docs: Rejected: nothing was published"]


def test_a_secret_block_that_is_not_there_is_named():
    from vouch.flows.prefect_secrets import secret_block

    with pytest.raises(
        SettingsError,
        match="Prefect's server has no Secret block nobody-made-it; make it on its page Blocks",
    ):
        secret_block("nobody-made-it")


def test_options_of_a_source_take_secrets(
    folder: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    with pytest.raises(
        SettingsError, match="cannot be opened .*the environment variable NOT_SET_HERE is not set"
    ):
        read_settings(
            configure(folder, tiny_model, source={"storage_options": {"key": "${NOT_SET_HERE}"}})
        )
    monkeypatch.setenv("AUTO_MKDIR", "yes")
    assert (
        run(
            configure(
                folder, tiny_model, source={"storage_options": {"auto_mkdir": "${AUTO_MKDIR}"}}
            )
        ).accounting.published
        == 2
    )
