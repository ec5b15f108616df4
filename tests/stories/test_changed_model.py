"""The weights of the embedding model are replaced overnight, and nobody was asked."""

import json
import shutil
from pathlib import Path

import pytest

from tests.pipeline.steps import configure, failed
from tests.stories.conftest import Story
from tests.tiny_model import make_tiny_model
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Severity, Status

DOCUMENTS = {
    "moon.md": "# Moon\n\nThe moon orbits the earth once in 27 days.\n",
    "tea.md": "# Tea\n\nTea is brewed in water of 80 degrees.\n",
    "sun.md": "# Sun\n\nThe sun is a star, and eight planets orbit it.\n",
}
GOLDEN = {
    "id": "moon", "query": "what orbits the earth?", "source": "docs", "uri": "moon.md",
    "answer": "The moon orbits the earth once in 27 days.",
}  # fmt: skip


@pytest.fixture
def overnight(story: Story) -> Story:
    """A published project; then other weights lie in the folder that the settings name."""
    make_tiny_model(story.folder / "model")
    make_tiny_model(story.folder / "retrained", seed=11)
    shutil.copytree(story.folder / "model", story.folder / "backup")
    (story.folder / "golden.jsonl").write_text(json.dumps(GOLDEN) + "\n")
    configure(story.folder, Path("model"), retrieval={"golden": "golden.jsonl"})
    story.write(DOCUMENTS)
    assert story.ingest().code == 0
    replace_weights(story, "retrained")
    story.write({"tea.md": "# Tea\n\nTea is brewed in water of 90 degrees.\n"})
    story.commands.clear()
    return story


def replace_weights(story: Story, by: str) -> None:
    shutil.copy(story.folder / by / "model.safetensors", story.folder / "model")


def test_the_hourly_run_is_rejected_for_it_and_a_person_publishes_it(overnight: Story):
    story = overnight
    # 1. The hourly run: rejected for the model, and for nothing else.
    shown = story.ingest()
    assert shown.code == 10
    assert "vouch explain" in shown.errors
    record = story.newest
    blocking = {name for name, severity in failed(record).items() if severity is Severity.REJECT}
    assert blocking == {CheckId.MODEL_CHANGE}

    # 2. Why: both cards, what differs, and who may agree.
    explained = story.run("vouch explain").output
    assert "model_change" in explained
    assert "weights " in explained
    assert "Published: model (weights" in explained
    assert f"vouch approve {record.run_id} --why" in explained
    assert story.run("vouch search moon --mode text").code == 0
    refused = story.run("vouch search moon")
    assert refused.code == 5
    assert "vouch approve latest" in refused.errors

    # 3. Agreed with a name: the audited candidate is published, and searched again.
    agreed = story.run(f'vouch approve {record.run_id} --why "it was retrained" --who Ada')
    assert agreed.code == 0
    assert "Ada agreed on" in agreed.output
    hits = story.run('vouch search "what orbits the earth?" -k 1')
    assert "moon.md" in hits.output
    needed = [line for line in story.commands if "search" not in line]
    assert len(needed) == 3  # ingest, explain, approve
    assert story.ingest().code == 0
    assert story.newest.status is Status.UNCHANGED

    # Back again: the state of the old model, which a search needs, and what to do about it.
    first = json.loads(story.run("vouch --json runs").output)[-1]["run_id"]
    back = story.run(f"vouch rollback {first}")
    assert back.code == 0
    assert "put it back" in back.output
    assert story.run("vouch search moon").code == 5
    replace_weights(story, "backup")
    assert "moon.md" in story.run("vouch search moon -k 1").output
    assert "80 degrees" in story.run("vouch search tea -k 1").output


def test_the_old_model_is_put_back_and_the_next_run_publishes_the_rest(overnight: Story):
    story = overnight
    assert story.ingest().code == 10
    replace_weights(story, "backup")
    assert story.ingest().code == 0
    record = story.newest
    assert (record.status, record.accounting.published) == (Status.PUBLISHED, 1)
    assert CheckId.MODEL_CHANGE not in failed(record)
    assert "90 degrees" in story.run("vouch search tea -k 1").output
