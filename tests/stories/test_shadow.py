"""Another model is tried beside the published one for days, published in one step, and taken back.

Its vectors are of another length. No text is embedded twice by a model, also where runs are killed.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.faults import Killed, at, raise_killed
from tests.pipeline.steps import configure, indexed, tables
from tests.stories.conftest import Story
from tests.tiny_model import make_tiny_model
from vouch.index.search.index import Index
from vouch.index.store.run_log import list_runs
from vouch.pipeline.stages import embedding
from vouch.schemas.boundary import Boundary, Side
from vouch.schemas.runs.record import RunRecord, Status

TOPICS = ("moon", "tea", "harbour", "violin", "bread", "winter")
DIMENSION = 48  # of the shadow's model; the published one has 32


def page(topic: str, more: str = "") -> str:
    return f"# The {topic}\n\nThis page tells what people know of the {topic} today. {more}\n"


def golden(topic: str, language: str) -> dict[str, Any]:
    return {
        "id": topic, "query": f"the {topic}", "language": language, "tags": ["pages"],
        "relevant": [{"source": "docs", "uri": f"{topic}.md"}],
    }  # fmt: skip


@pytest.fixture
def other_model(tmp_path: Path) -> Path:
    return make_tiny_model(tmp_path / "other", DIMENSION, seed=3)


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The texts that were embedded, by their hashes, each with its model's fingerprint."""
    texts: list[tuple[str, str]] = []
    original = embedding._embedded

    def noted(workspace: Any, rows: Mapping[str, Any]) -> Any:
        texts.extend((workspace.card.fingerprint, key) for key in rows)
        return original(workspace, rows)

    monkeypatch.setattr(embedding, "_embedded", noted)
    return texts


def begin(story: Story, model: Path, other: Path, *, has_golden: bool = False) -> Path:
    """Publish three pages, and name a shadow in the settings."""
    lines = [golden(topic, "en" if place % 2 else "de") for place, topic in enumerate(TOPICS)]
    (story.folder / "golden.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    retrieval = {"golden": "golden.jsonl"} if has_golden else {}
    settings = configure(
        story.folder,
        model,
        shadows={"other": {"embedding": {"model": str(other)}}},
        retrieval=retrieval,
        index={"max_delete_share": 1.0},
    )
    story.write({f"{topic}.md": page(topic) for topic in TOPICS[:3]})
    assert story.ingest().code == 0
    return settings


def first_hit(story: Story, query: str) -> list[str]:
    index = Index(story.folder / "data" / "index")
    return [hit.uri for hit in index.search(query, k=1)]


def dimension(story: Story) -> int:
    return tables(story.folder / "vouch.yaml").dimension


def test_a_shadow_for_days_a_switch_and_back(
    story: Story, tiny_model: Path, other_model: Path, embedded: list[tuple[str, str]]
):
    settings = begin(story, tiny_model, other_model, has_golden=True)

    # 1. What it takes is reported before; then it is made, and readers see what they saw.
    before = story.run("vouch reindex --shadow other --plan").output
    assert "3 documents" in before
    assert "Disk: about" in before
    assert story.run("vouch reindex --shadow other --runner local").code == 0
    (shadow,) = story.newest.shadows
    assert (story.newest.kind, story.newest.status) == ("shadow", Status.UNCHANGED)
    assert (shadow.documents, shadow.embedded, shadow.behind) == (3, 3, 0)
    assert dimension(story) == 32

    # 2. Three runs: pages come, change and go, and the shadow follows.
    story.write({f"{topic}.md": page(topic) for topic in TOPICS[3:5]})
    assert story.ingest().code == 0
    story.write({"moon.md": page("moon", "It has no air."), "winter.md": page("winter")})
    assert story.ingest().code == 0
    (story.folder / "documents" / "tea.md").unlink()
    shown = story.ingest()
    ingests = of_kind(story, "ingest")[:3]
    assert [len(run.shadows) for run in ingests] == [1, 1, 1]
    (shadow,) = ingests[0].shadows
    assert (shadow.documents, shadow.behind, shadow.problem) == (5, 0, "")
    assert shadow.retrieval is not None
    assert {"tag:pages", "language:de"} <= {group.name for group in shadow.retrieval.groups}
    assert shadow.published is not None
    assert shadow.published.latency is not None
    report = Path(str(ingests[0].report)).read_text()
    assert "Shadow other" in report
    assert "vouch switch other" in report
    assert "other" in shown.output

    # 3. Published in one step: search is by the other model, and vouch.yaml says so.
    assert "vouch.yaml will be changed" in story.run("vouch switch other --plan").output
    assert dimension(story) == 32
    switched = story.run("vouch switch other")
    assert switched.code == 0, switched.errors
    assert dimension(story) == DIMENSION
    assert first_hit(story, "the violin") == ["violin.md"]
    now = json.loads(settings.read_text())
    assert now["embedding"]["model"] == str(other_model)
    assert now["shadows"] == {"previous": {"embedding": {"model": str(tiny_model)}}}
    assert story.ingest().code == 0

    # 4. And back, after a page has come meanwhile.
    story.write({"tea.md": page("tea", "Green or black.")})
    assert story.ingest().code == 0
    assert story.run("vouch switch previous").code == 0
    assert dimension(story) == 32
    assert first_hit(story, "the tea") == ["tea.md"]
    assert story.ingest().code == 0
    assert len({row["embedding_fingerprint"] for row in chunks(settings)}) == 1

    # 5. No text was embedded twice by a model; the disk is free again.
    assert len(embedded) == len(set(embedded))
    assert story.run("vouch shadows remove previous").code == 0
    assert not (story.folder / "data" / "index" / "shadows" / "previous" / "shadow.json").exists()
    assert story.run("vouch doctor").code == 0


def of_kind(story: Story, kind: str) -> list[RunRecord]:
    """Return the records of the runs of a kind, the newest first."""
    return [run for run in list_runs(tables(story.folder / "vouch.yaml")) if run.kind == kind]


def chunks(settings: Path) -> list[dict[str, Any]]:
    return indexed(settings, "chunks", "chunk_id", "embedding_fingerprint")


CUTS = [(Boundary.STAGE, Side.AFTER), (Boundary.WRITE_SHADOW, Side.AFTER)]


@pytest.mark.parametrize(("boundary", "side"), CUTS, ids=lambda value: str(value))
def test_an_update_that_is_killed_is_continued(
    story: Story,
    tiny_model: Path,
    other_model: Path,
    embedded: list[tuple[str, str]],
    boundary: Boundary,
    side: Side,
):
    begin(story, tiny_model, other_model)
    with at(boundary, side, raise_killed), pytest.raises(Killed):
        story.run("vouch reindex --shadow other --runner local")
    assert story.run("vouch reindex --shadow other --runner local").code == 0
    (shadow,) = story.newest.shadows
    assert (shadow.documents, shadow.behind) == (3, 0)
    assert len(embedded) == len(set(embedded)) == 6
    assert shadow.spending.tokens == sum(run.tokens_embedded for run in of_kind(story, "shadow"))


SWITCHES = [(Boundary.COMMIT_CHUNKS, Side.AFTER), (Boundary.WRITE_SETTINGS, Side.AFTER)]


@pytest.mark.parametrize(("boundary", "side"), SWITCHES, ids=lambda value: str(value))
def test_a_switch_that_is_killed_is_continued(
    story: Story,
    tiny_model: Path,
    other_model: Path,
    embedded: list[tuple[str, str]],
    boundary: Boundary,
    side: Side,
):
    settings = begin(story, tiny_model, other_model)
    assert story.run("vouch reindex --shadow other --runner local").code == 0
    count = len(embedded)
    with at(boundary, side, raise_killed), pytest.raises(Killed):
        story.run("vouch switch other")
    assert first_hit(story, "the tea") == ["tea.md"]
    assert story.run("vouch switch other").code == 0
    assert dimension(story) == DIMENSION
    assert story.run("vouch switch previous").code == 0
    assert dimension(story) == 32
    assert len(embedded) == count
    assert json.loads(settings.read_text())["embedding"]["model"] == str(tiny_model)


def test_a_shadow_that_fails_does_not_touch_what_is_published(
    story: Story, tiny_model: Path, other_model: Path, monkeypatch: pytest.MonkeyPatch
):
    begin(story, tiny_model, other_model)
    assert story.run("vouch reindex --shadow other --runner local").code == 0
    (other_model / "model.safetensors").unlink()
    story.write({"bread.md": page("bread")})
    shown = story.ingest()
    assert shown.code == 0
    newest = of_kind(story, "ingest")[0]
    (shadow,) = newest.shadows
    assert newest.status is Status.PUBLISHED
    assert "was not brought up to date" in shadow.problem
    assert "It was not compared" in Path(str(newest.report)).read_text()
    assert "Traceback" not in shown.output + shown.errors


def test_what_cannot_be_done_is_reported(story: Story, tiny_model: Path, other_model: Path):
    begin(story, tiny_model, other_model)
    refused = {
        "vouch switch other": "has not been made yet",
        "vouch switch nobody": "has no shadow 'nobody'",
        "vouch reindex --shadow other --switch": "vouch switch NAME",
        "vouch reindex --plan": "--plan needs --shadow",
        "vouch shadows remove other": "no data of a shadow",
    }
    for command, words in refused.items():
        shown = story.run(command)
        assert shown.code != 0, command
        assert words in shown.errors, command
