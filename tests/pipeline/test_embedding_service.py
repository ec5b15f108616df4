"""Whole runs whose texts a service embeds: what reaches it, what it costs, what is done when it
refuses or fails, and searching by it.
"""

import json
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import vouch
from tests.command_line import run_command
from tests.embedding_faults import Lost, Refuse
from tests.embedding_service import EmbeddingService, embedding_service
from tests.pipeline.local_runs import replay
from tests.pipeline.steps import configure, indexed, outcome, run, tables, texts, write
from vouch.embedders.probes import PROBES
from vouch.index.store.run_log import list_runs
from vouch.pipeline.context.settings_loader import read_settings
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.errors import BudgetExceeded, EmbeddingError, SettingsError
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Outcome, RunRecord, Status

KEY = "key-4711-of-the-service"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
ADDRESS = "ada.lovelace@engines.org"
DOCUMENTS = {
    "moon.md": "# Moon\n\nThe moon orbits the earth once in 27 days.\n",
    "tea.md": "# Tea\n\nTea is brewed in water of 80 degrees.\n",
    "sun.md": "# Sun\n\nThe sun is a star, and eight planets orbit it.\n",
}


@dataclass
class Hosted:
    """A project whose texts a service embeds."""

    folder: Path
    service: EmbeddingService
    seen: int = 0

    @property
    def settings(self) -> Path:
        return self.folder / "vouch.yaml"

    def configure(self, service: dict[str, object] | None = None, **sections: Any) -> Path:
        """Write the settings. A token costs 1 EUR."""
        given = {
            "max_inputs": 2,
            "parallel_requests": 1,
            "deadline_s": 1,
            "api_key": "${SERVICE_KEY}",
        }
        settings = self.service.settings(**(given | (service or {})))
        embedding = settings.model_dump(mode="json", exclude_none=True)
        embedding["price_per_million_tokens"] = 1_000_000
        return configure(self.folder, Path(), **{"embedding": embedding} | sections)

    def new_texts(self) -> list[str]:
        """Return the texts that the service has worked on since the last look, without probes."""
        new, self.seen = self.service.requests[self.seen :], len(self.service.requests)
        worked = (text for request in new if request.tokens for text in request.inputs)
        return [text for text in worked if text not in PROBES]


@pytest.fixture
def hosted(tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosted]:
    monkeypatch.setenv("SERVICE_KEY", KEY)
    with embedding_service(tiny_model) as service:
        service.api_key = KEY
        project = Hosted(tmp_path / "project", service)
        project.folder.mkdir()
        for name, content in DOCUMENTS.items():
            write(project.settings, name, content)
        yield project


def newest(settings: Path) -> RunRecord:
    return list_runs(tables(settings), 1)[0]


def golden(hosted: Hosted) -> dict[str, object]:
    """Write golden queries, and return the settings that name them."""
    lines = [
        {"id": name, "query": query, "source": "docs", "uri": name, "answer": answer}
        for name, query, answer in (
            ("moon.md", "How long does the moon take?", "27 days"),
            ("tea.md", "How hot is water for tea?", "80 degrees"),
        )
    ]
    (hosted.folder / "golden.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    return {"golden": "golden.jsonl"}


def test_a_run_sends_only_what_may_leave_and_counts_what_the_service_counts(hosted: Hosted):
    policy = {"personal_data": "redact", "secrets": "quarantine"}
    hosted.configure(policy=policy, retrieval=golden(hosted))
    write(hosted.settings, "mail.md", f"# Mail\n\nWrite to {ADDRESS} about it.\n")
    write(hosted.settings, "key.md", f"# Key\n\nThe key is {SECRET}, keep it.\n")
    record = run(hosted.settings)
    sent = hosted.service.texts
    assert any("Write to" in text for text in sent)
    assert not any(ADDRESS in text or "The key is" in text for text in sent)
    assert set(texts(hosted.settings)) == {*DOCUMENTS, "mail.md"}
    # The service's own count, probe texts and golden queries included, which are of no source.
    by_source = {part.source: part.tokens for part in record.spending.by_source()}
    assert sum(by_source.values()) == record.tokens_embedded == hosted.service.tokens
    assert record.spending.amount == hosted.service.tokens
    assert set(by_source) == {"docs", ""}
    assert record.spending.requests.sent == len(hosted.service.requests)
    assert record.spending.requests.lost == 0
    assert record.tokens_planned
    queries = [r for r in hosted.service.requests if "How hot is water for tea?" in r.inputs]
    assert len(queries) == 1  # for both states
    written = [file for file in hosted.folder.rglob("*") if file.is_file()]
    assert [file for file in written if KEY.encode() in file.read_bytes()] == []
    assert "probe texts and golden queries" in Path(str(record.report)).read_text("utf-8")


def test_a_refused_text_puts_its_document_into_quarantine(hosted: Hosted):
    hosted.configure()
    write(hosted.settings, "bad.md", "# One\n\nHarmless.\n\n# Two\n\nForbidden words.\n")
    refusal = Refuse(status=400, word="Forbidden", message="flagged\x1b[31m; no", times=None)
    hosted.service.faults = [refusal]
    record = run(hosted.settings)
    assert (record.accounting.published, record.accounting.quarantined) == (3, 1)
    assert set(texts(hosted.settings)) == set(DOCUMENTS)
    (reject,) = indexed(hosted.settings, "quarantine", "uri", "stage", "reason", "message")
    assert (reject["uri"], reject["stage"], reject["reason"]) == ("bad.md", "embed", "refused_text")
    assert "flagged" in reject["message"]
    assert "vouch replay" in reject["message"]
    assert "\x1b" not in reject["message"]
    hosted.new_texts()
    assert run(hosted.settings).status is Status.UNCHANGED
    assert hosted.new_texts() == []
    hosted.service.faults = []
    assert replay(config=str(hosted.settings)).accounting.published == 1
    assert "bad.md" in texts(hosted.settings)
    # Published texts are not embedded again to see whether the model is the same.
    assert len(hosted.new_texts()) == 2


def test_what_is_paid_for_when_the_service_dies_is_not_paid_for_again(hosted: Hosted):
    hosted.configure(run={"shard_documents": 2})
    for number in range(4):
        write(hosted.settings, f"more-{number}.md", f"# More {number}\n\nMore of {number}.\n")
    down = Refuse(status=503, skip=5, times=None)
    hosted.service.faults = [down]
    with pytest.raises(EmbeddingError, match="embedding service at .* has not worked for 1 s"):
        run(hosted.settings)
    assert newest(hosted.settings).status is Status.FAILED
    paid = hosted.new_texts()
    assert 0 < len(paid) < 7
    hosted.service.faults = []
    record = run(hosted.settings)
    assert record.accounting.published == 7  # nothing is in quarantine for it
    again = hosted.new_texts()
    assert set(paid).isdisjoint(again)
    assert len(paid) + len(again) == 7
    assert not list((hosted.folder / "data/work/paid_vectors").rglob("*.parquet"))


def test_lost_answers_count_as_spent_and_a_storm_of_429_costs_nothing(hosted: Hosted):
    hosted.configure({"deadline_s": 60})
    storm = Refuse(status=429, word="moon", times=2, after_s=0)
    hosted.service.faults = [storm, Lost(word="brewed", times=1)]
    record = run(hosted.settings)
    requests = record.spending.requests
    assert record.accounting.published == 3
    assert (requests.refused, requests.lost) == (2, 1)
    assert requests.repeated >= 1
    assert requests.sent == len(hosted.service.requests)


def test_a_cap_stops_before_a_request_and_the_next_run_continues(hosted: Hosted):
    hosted.configure({"max_inputs": 1})
    run(hosted.settings)
    (used,) = [r.tokens for r in hosted.service.requests if "27 days" in r.inputs[0]]
    hosted.new_texts()
    for number in range(4):
        write(hosted.settings, f"{number}.md", f"# Number {number}\n\n{'word ' * 100}{number}\n")
    spent = hosted.service.tokens
    hosted.configure({"max_inputs": 1}, run={"max_tokens": 250})
    with pytest.raises(BudgetExceeded, match=r"run\.max_tokens"):
        run(hosted.settings)
    assert used < spent <= hosted.service.tokens
    paid = hosted.new_texts()
    hosted.configure({"max_inputs": 1})
    assert run(hosted.settings).accounting.published == 4
    assert set(paid).isdisjoint(hosted.new_texts())


def test_golden_queries_that_cannot_be_searched_reject_the_run_and_keep_its_shards(hosted: Hosted):
    hosted.configure(retrieval=golden(hosted))
    hosted.service.faults = [Refuse(status=503, word="How ", times=None)]
    record = outcome(hosted.settings)
    assert record.status is Status.REJECTED
    (check,) = record.blocking_checks
    assert (check.id, check.outcome) == (CheckId.GOLDEN_QUERIES, Outcome.NOT_CHECKED)
    assert check.message.startswith("2 queries were not searched: the embedding service at")
    assert len(hosted.new_texts()) == 3
    hosted.service.faults = []
    assert run(hosted.settings).accounting.published == 3
    assert [text for text in hosted.new_texts() if "How " not in text] == []


def test_a_hybrid_search_goes_by_words_where_the_service_gives_no_vector(
    hosted: Hosted, monkeypatch: pytest.MonkeyPatch
):
    clock = [0.0]
    monkeypatch.setattr("vouch.index.search.query_vectors.monotonic", lambda: clock[0])
    # A key that the settings contain themselves is not stored with the index.
    settings = hosted.configure({"api_key": KEY, "headers": {"X-Team": "search"}})
    run(settings)
    index = vouch.open(hosted.folder / "data/index")
    with pytest.raises(SettingsError, match="VOUCH_EMBEDDING_"):
        index.search("tea")
    monkeypatch.setenv("VOUCH_EMBEDDING_API_KEY", KEY)
    monkeypatch.setenv("VOUCH_EMBEDDING_X_TEAM", "search")
    hits = index.search("How hot is water for tea?", k=1)
    assert ([hit.uri for hit in hits], hits.words_only) == (["tea.md"], "")
    before = len(hosted.service.requests)
    hosted.service.faults = [
        Refuse(status=400, word="refused", times=None),
        Refuse(status=503, word="planets", times=None),
    ]
    assert "the server had an error" in index.search("refused words of water").words_only
    hits = index.search("eight planets", k=1)  # not because another query was refused
    assert [hit.uri for hit in hits] == ["sun.md"]
    assert "503" in hits.words_only
    assert len(hosted.service.requests) == before + 2
    # For half a minute nobody waits for a service that is down.
    assert index.search("degrees of water", k=1).words_only == hits.words_only
    with pytest.raises(EmbeddingError, match="503"):
        index.search("degrees of water", mode="vector")
    assert len(hosted.service.requests) == before + 2
    clock[0] += 31
    assert index.search("degrees of water", k=1).words_only == ""
    monkeypatch.delenv("VOUCH_EMBEDDING_API_KEY")  # a command has the settings
    done = run_command("-c", str(settings), "--json", "search", "eight planets")
    (result,) = json.loads(done.output)
    assert "503" in result["words_only"]
    assert done.errors.startswith("Searched by words only: the embedding service at")


def test_workers_embed_by_the_service_and_what_they_spend_counts(hosted: Hosted):
    hosted.configure(run={"shard_documents": 1, "cluster": {"local": 2}}, parsing={"workers": 1})
    assert KEY.encode() not in pickle.dumps(RunRequest(read_settings(hosted.settings)))
    record = run(hosted.settings)
    assert record.accounting.published == 3
    assert record.tokens_embedded == hosted.service.tokens
    assert record.spending.requests.sent == len(hosted.service.requests)
