"""An index that an application keeps open while runs publish and roll back underneath."""

import asyncio
import gc
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import vouch
from tests.pipeline.steps import configure, run, write
from vouch.embedders.local.local_model_card import LocalModelCard
from vouch.index.publishing.versions import tag_state
from vouch.index.search import shared_models
from vouch.index.search.index import Index
from vouch.index.store.run_log import newest_published, write_run
from vouch.index.store.tables import Tables
from vouch.schemas.errors import IndexClosed, NotFound, SettingsError, StateDeleted
from vouch.schemas.search_options import SearchOptions

LIMIT_S = 600  # for what hangs; no claim is about time
LEAVE = (
    "---\nauthor: Ada\nacl: [staff, board]\nyear: 2024\nvalid_from: 2024-05-01\n---\n"
    "# Leave\n\nParental leave 🫖 lasts ten weeks.\n\n"
    "## Holidays\n\nThere are thirty days of holidays in a year.\n"
)


# What `vouch search --json` of 0.12.0 said of a hit.
KEYS_OF_0_12_0 = {
    "chunk_id", "chunk_ids", "document_id", "source", "uri", "title", "text", "heading_path",
    "language", "char_start", "char_end", "page_start", "page_end", "row_start", "row_end", "score",
    "element_types", "page_unit",
}  # fmt: skip


def state(number: int) -> str:
    return f"# Tea\n\nTea is steeped by the rule of state number {number}."


@pytest.fixture(scope="session")
def opened_project(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Path:
    """The folder of a project that one run has published. Not to be changed."""
    folder = tmp_path_factory.mktemp("opened")
    settings = configure(folder, tiny_model, index={"max_delete_share": 1.0})
    write(settings, "leave.md", LEAVE)
    write(settings, "tea.md", state(0))
    run(settings)
    return folder


@pytest.fixture
def settings(opened_project: Path, tmp_path: Path) -> Path:
    return shutil.copytree(opened_project, tmp_path / "project") / "vouch.yaml"


@pytest.fixture(scope="module")
def index(opened_project: Path) -> Index:
    return vouch.open(opened_project / "data/index")


def place(settings: Path) -> Path:
    return settings.parent / "data/index"


def publish(settings: Path, number: int) -> str:
    write(settings, "tea.md", state(number))
    return run(settings).run_id


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Has an entry for each time that a model has been loaded."""
    counted: list[int] = []
    load = LocalModelCard.load

    def counting(card: LocalModelCard, threads: int = 1) -> Any:
        counted.append(threads)
        return load(card, threads)

    monkeypatch.setattr(LocalModelCard, "load", counting)
    return counted


def tea(index: Index, **options: Any) -> str:
    (hit,) = index.search("tea steeped", k=1, filters=["uri=tea.md"], **options)
    return hit.text


def test_an_open_index_stays_at_its_state_until_it_is_refreshed(settings: Path):
    with vouch.open(place(settings)) as index:
        first = index.run_id
        assert (index.is_stale(), index.refresh()) == (False, False)
        second = publish(settings, 1)
        assert index.is_stale()
        assert (index.run_id, tea(index)) == (first, state(0).removeprefix("# "))
        assert index.refresh()
        assert (index.run_id, index.is_stale(), index.refresh()) == (second, False, False)
        assert "state number 1" in tea(index)


def test_a_run_that_publishes_nothing_makes_no_index_stale(settings: Path):
    with vouch.open(place(settings)) as index:
        first = index.run_id
        run(settings)
        assert index.is_stale() is (index.refresh())
        assert first in [record.run_id for record in index.runs()]


def test_searches_of_many_threads_see_one_state_each_while_runs_publish(settings: Path):
    texts = {}
    done = threading.Event()
    with vouch.open(place(settings)) as index:
        texts[index.run_id] = 0

        def search() -> set[tuple[str | None, str]]:
            seen = set()
            while not done.is_set():
                hits = index.search("tea steeped", k=1, filters=["uri=tea.md"])
                seen.add((hits.run_id, hits[0].text[-2:-1]))
            return seen

        with ThreadPoolExecutor(4) as threads:
            searching = [threads.submit(search) for _ in range(4)]
            try:
                for number in (1, 2, 3):
                    texts[publish(settings, number)] = number
                    assert index.refresh()
                    tea(index)
            finally:
                done.set()
            seen = set().union(*(each.result(LIMIT_S) for each in searching))
        assert index.run_id == max(texts, key=lambda run_id: texts[run_id])
    assert seen <= {(run_id, str(number)) for run_id, number in texts.items()}
    assert len(seen) >= 1


def test_all_indexes_of_a_place_share_one_model(settings: Path, loads: list[int]):
    first, second = vouch.open(place(settings)), vouch.open(place(settings))
    tea(first, mode="vector")
    tea(second, mode="vector")
    publish(settings, 1)
    of_the_run = len(loads)
    assert first.refresh()
    tea(first, mode="vector")
    kept = vouch.open(place(settings), run=second.run_id)
    tea(kept, mode="vector")
    assert len(loads) == of_the_run
    models = set(shared_models._models.valuerefs())
    assert first.searcher._embedder is second.searcher._embedder is kept.searcher._embedder
    first.close()
    second.close()
    tea(kept, mode="vector")
    kept.close()
    gc.collect()
    alive = [model() for model in models if model() is not None]
    assert all(str(settings.parent) not in key[0] for key in shared_models._models), alive


def test_a_model_is_loaded_once_where_many_threads_need_it(settings: Path, loads: list[int]):
    with ThreadPoolExecutor(8) as threads:
        opened = [vouch.open(place(settings)) for _ in range(8)]
        assert len(set(threads.map(lambda each: tea(each, mode="vector"), opened))) == 1
    assert len(loads) == 1


def test_a_closed_index_says_so_and_keeps_no_thread(settings: Path):
    before = set(threading.enumerate())
    index = vouch.open(place(settings))
    (hit,) = index.search("parental leave", k=1)
    asyncio.run(index.asearch("tea"))
    index.close()
    index.close()
    own = {each for each in threading.enumerate() if each.name.startswith("vouch-")}
    assert own <= before
    calls: list[Callable[[], object]] = [
        lambda: index.search("tea"),
        lambda: asyncio.run(index.asearch("tea")),
        lambda: index.document(hit.document_id),
        lambda: index.context(hit.document_id, 0, 1),
        lambda: index.trace(hit.chunk_id),
        lambda: index.documents_of("tea.md"),
        lambda: index.allows(hit.chunk_id),
        lambda: index.searcher,
        index.runs,
        index.is_stale,
        index.refresh,
        index.load_model,
    ]
    for call in calls:
        with pytest.raises(IndexClosed, match="has been closed; open it again"):
            call()


def test_closing_waits_for_what_is_in_progress(settings: Path):
    index = vouch.open(place(settings))
    index.load_model()
    ready = threading.Barrier(5)

    def search() -> str:
        ready.wait()
        try:
            return tea(index)
        except IndexClosed:
            return "closed"

    with ThreadPoolExecutor(4) as threads:
        searching = [threads.submit(search) for _ in range(4)]
        ready.wait()
        index.close()
        results = {each.result(LIMIT_S) for each in searching}
    assert all(each == "closed" or "state number 0" in each for each in results)


def test_a_kept_state_is_opened_by_its_run(settings: Path):
    with vouch.open(place(settings)) as index:
        first = index.run_id
    assert first is not None
    second = publish(settings, 1)
    with vouch.open(place(settings), run=first) as index:
        assert (index.run_id, index.is_stale(), index.refresh()) == (first, False, False)
        assert "state number 0" in tea(index)
    with vouch.open(place(settings), run=second) as index:
        assert "state number 1" in tea(index)
    for wrong in ("20000101T000000", "", "20"):
        with pytest.raises(NotFound, match="is not kept") as caught:
            vouch.open(place(settings), run=wrong)
        assert first in str(caught.value)
        assert second in str(caught.value)


def test_a_state_that_was_deleted_says_to_refresh(tmp_path: Path, tiny_model: Path):
    retention = {"keep_published": 1, "keep_readers_h": 0}
    settings = configure(tmp_path, tiny_model, index=retention)
    write(settings, "tea.md", state(0))
    run(settings)
    index = vouch.open(place(settings))
    first = index.run_id
    pinned = vouch.open(place(settings), run=first)
    for number in (1, 2, 3):
        publish(settings, number)
    with pytest.raises(StateDeleted, match=rf"{first}.* has been deleted: .*call `refresh`"):
        index.document(index_document(place(settings)))
    with pytest.raises(StateDeleted, match="open one that `vouch runs` shows"):
        pinned.document(index_document(place(settings)))
    assert index.is_stale()
    assert index.refresh()
    assert "state number 3" in tea(index)


def index_document(folder: Path) -> str:
    with vouch.open(folder) as newest:
        return newest.documents_of("tea.md")[0].document_id


def test_an_index_in_which_nothing_is_published_is_refreshed_to_the_first_state(
    tmp_path: Path, tiny_model: Path
):
    settings = configure(tmp_path, tiny_model, contracts={"batch": {"min_documents": 2}})
    write(settings, "tea.md", state(0))
    with pytest.raises(Exception, match="was rejected"):
        run(settings)
    index = vouch.open(place(settings))
    assert (index.run_id, index.is_stale()) == (None, False)
    write(settings, "leave.md", LEAVE)
    published = run(settings).run_id
    assert (index.is_stale(), index.refresh(), index.run_id) == (True, True, published)
    assert "state number 0" in tea(index)


def test_asynchronous_methods_do_what_the_others_do(settings: Path):
    async def use() -> None:
        async with vouch.open(place(settings)) as index:
            hits = await asyncio.gather(*(index.asearch("tea", k=1) for _ in range(30)))
            assert [list(each) for each in hits] == [list(index.search("tea", k=1))] * 30
            (hit,) = hits[0]
            assert await index.adocument(hit.document_id) == index.document(hit.document_id)
            assert await index.adocuments_of(hit.uri) == index.documents_of(hit.uri)
            place_of_hit = hit.document_id, hit.char_start, hit.char_end
            assert await index.acontext(*place_of_hit) == index.context(*place_of_hit)
            assert await index.atrace(hit.chunk_id) == index.trace(hit.chunk_id)
            assert await index.aruns() == index.runs()
            assert await index.aallows(hit.chunk_id)
            assert not await index.ais_stale()
            assert not await index.arefresh()
        with pytest.raises(IndexClosed):
            await index.asearch("tea")

    asyncio.run(use())


def test_a_task_that_is_cancelled_waits_no_longer_and_leaves_the_index_usable(settings: Path):
    async def use() -> None:
        async with vouch.open(place(settings)) as index:
            tasks = [asyncio.create_task(index.asearch("tea")) for _ in range(40)]
            await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert {type(each) for each in results} == {asyncio.CancelledError}
            assert (await index.asearch("tea", k=1))[0].uri == "tea.md"

    asyncio.run(use())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"mode": "semantic"}, "mode is 'semantic', and must be one of hybrid, vector, text"),
        (
            {"breadth": "wide"},
            "breadth is 'wide', and must be one of precise, balanced, broad, all",
        ),
        ({"k": 0}, "k is 0, and must be between 1 and 10,000"),
        ({"k": 10_001}, "k is 10001, and must be between"),
        ({"k": True}, "k is a number of passages, not True"),
        ({"k": "5"}, "k is a number of passages, not '5'"),
        ({"query": None}, "the query is a text, not None"),
        ({"query": b"tea"}, "the query is a text, not b'tea'"),
        ({"query": " \n"}, "the query is empty"),
        ({"filters": "language=en"}, r"filters is a list such as .*not 'language=en'"),
        ({"filters": 5}, "filters is a list such as .*not 5"),
        ({"filters": None}, "filters is a list such as .*not None"),
        ({"filters": [("language", "en")]}, "filters is a list such as .*tuple is no filter"),
        ({"filters": {"language": "en"}}, "filters is a list such as .*not dict"),
        ({"filters": [{"language": "en"}]}, "filters is a list such as .*dict is no filter"),
        ({"profile": "nobody"}, "there is no profile 'nobody'"),
    ],
)
def test_wrong_arguments_are_settings_errors_that_name_the_right_ones(
    index: Index, arguments: dict[str, Any], message: str
):
    with pytest.raises(SettingsError, match=message):
        index.search(**({"query": "tea"} | arguments))


def test_a_hit_says_where_it_is_from_and_why_it_was_found(index: Index, opened_project: Path):
    (hit,) = index.search("parental leave", k=1)
    assert hit.fields["author"] == "Ada"
    assert hit.fields["acl"] == ("staff", "board")
    assert hit.fields["year"] == 2024
    assert hit.media_type == "text/markdown"
    assert hit.run_id == index.run_id
    document = index.document(hit.document_id)
    assert (hit.content_sha256, hit.ingested_at) == (document.content_sha256, document.ingested_at)
    changed = datetime.fromtimestamp(
        (opened_project / "documents/leave.md").stat().st_mtime, tz=UTC
    )
    assert hit.source_modified_at is not None
    assert abs(hit.source_modified_at - changed).total_seconds() < 1
    assert hit.scores.relevance == hit.score
    assert hit.scores.vector is not None
    assert hit.scores.words is not None
    by_words = index.search("parental leave", k=1, mode="text")[0].scores
    assert (by_words.vector, by_words.words) == (None, hit.scores.words)
    by_vector = index.search("parental leave", k=1, mode="vector")[0].scores
    assert by_vector.words is None
    assert by_vector.vector == pytest.approx(hit.scores.vector, abs=1e-3)


def test_hits_and_documents_are_plain_json(index: Index):
    (hit,) = index.search("parental leave", k=1)
    for value in (hit, index.document(hit.document_id), index.trace(hit.chunk_id)):
        text = json.dumps(value.to_dict(), allow_nan=False)
        assert json.loads(text) == value.to_dict()
    described = hit.to_dict()
    assert described.keys() >= KEYS_OF_0_12_0
    assert described["citation"] == hit.citation
    assert described["fields"]["valid_from"] == "2024-05-01"
    assert described["fields"]["acl"] == ["staff", "board"]
    assert datetime.fromisoformat(described["ingested_at"]) == hit.ingested_at


def test_an_index_of_0_12_0_has_its_metadata_as_texts(settings: Path):
    opened = Tables.open(place(settings))
    newest = newest_published(opened)
    assert newest is not None
    for table in (opened.chunks, opened.documents):
        table.drop_columns(["fields"])
    tag_state(opened.latest(), newest.run_id)
    write_run(opened, newest.model_copy(update={"versions": opened.versions()}))
    with vouch.open(place(settings)) as index:
        (hit,) = index.search("parental leave", k=1)
        assert (hit.fields["author"], hit.fields["year"]) == ("Ada", "2024")
        assert hit.fields["acl"] == ("staff", "board")
        assert index.document(hit.document_id).fields == hit.fields
        assert index.trace(hit.chunk_id).proved


def test_a_document_is_read_whole_and_by_its_uri(index: Index):
    (document,) = index.documents_of("leave.md")
    assert document == index.document(document.document_id)
    assert document.text.startswith("Leave\n\nParental leave 🫖 lasts ten weeks.")
    assert (document.char_count, document.source) == (len(document.text), "docs")
    assert index.documents_of("leave.md", source="docs") == [document]
    assert index.documents_of("leave.md", source="other") == []
    assert index.documents_of("gone.md") == []
    for identity in ("0" * 32, "", "' OR true OR '"):
        with pytest.raises(NotFound, match="there is no document"):
            index.document(identity)
        with pytest.raises(NotFound, match="there is no document"):
            index.context(identity, 0, 1)


@given(st.data())
def test_a_context_is_a_part_of_the_text(index: Index, data: st.DataObject):
    (document,) = index.documents_of("leave.md")
    text = document.text
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    around = data.draw(st.integers(0, 2 * len(text)))
    context = index.context(document.document_id, start, end, around)
    assert context.before == text[max(0, start - around) : start]
    assert context.text == text[start:end]
    assert context.after == text[end : end + around]
    assert (context.char_start, context.char_end) == (start, end)


@pytest.mark.parametrize(
    ("start", "end", "around"),
    [(-1, 2, 5), (3, 2, 5), (0, 10**12, 5), (0, 1, -1), (0, 1, 10**9), (True, 1, 5), ("0", 1, 5)],
)
def test_a_span_that_is_none_is_a_settings_error(index: Index, start: Any, end: Any, around: Any):
    (document,) = index.documents_of("leave.md")
    with pytest.raises(SettingsError):
        index.context(document.document_id, start, end, around)


def test_a_trace_needs_no_source_and_proves_the_chunk(index: Index):
    (hit,) = index.search("parental leave", k=1)
    traced = index.trace(hit.chunk_id)
    assert traced.proved
    assert {proof.name for proof in traced.proofs} == {"span", "identity", "text", "vector"}
    assert [row["uri"] for row in traced.lineage] == ["leave.md"]
    assert traced.run.run_id == index.run_id
    assert "canonical_text" not in traced.lineage[0]
    assert index.trace(hit.chunk_id[:20]) == traced
    with pytest.raises(NotFound):
        index.trace("0" * 32)


def test_what_filters_exclude_does_not_exist(index: Index):
    (hit,) = index.search("parental leave", k=1)
    place_of_hit = hit.document_id, hit.char_start, hit.char_end
    for filters in (["metadata.author=Ada"], ["metadata.acl=board"], []):
        options = SearchOptions(filters=tuple(filters))
        assert index.allows(hit.chunk_id, options)
        assert index.allows(hit.document_id, options)
        assert index.document(hit.document_id, filters).uri == "leave.md"
        assert index.context(*place_of_hit, filters=filters).text == hit.text
        assert index.trace(hit.chunk_id, filters).chunk["chunk_id"] == hit.chunk_id
        assert len(index.documents_of("leave.md", filters=filters)) == 1
    for filters in (["metadata.author=Bob"], ["metadata.acl=sales"]):
        options = SearchOptions(filters=tuple(filters))
        assert not index.allows(hit.chunk_id, options)
        assert not index.allows(hit.document_id, options)
        for call, arguments in (
            (index.document, (hit.document_id,)),
            (index.context, place_of_hit),
            (index.trace, (hit.chunk_id,)),
        ):
            with pytest.raises(NotFound) as excluded:
                call(*arguments, filters=filters)
            assert hit.uri not in str(excluded.value)
        assert index.documents_of("leave.md", filters=filters) == []
    assert not index.allows("0" * 32)
    assert not index.allows("' OR true OR chunk_id = '")


def test_opening_an_index_loads_neither_torch_nor_prefect(opened_project: Path):
    program = (
        "import sys, vouch\n"
        "index = vouch.open(sys.argv[1])\n"
        "assert not index.is_stale() and index.runs()\n"
        "assert index.documents_of('leave.md')\n"
        "print([name for name in ('torch', 'prefect', 'fastapi', 'transformers')"
        " if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(opened_project / "data/index")],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
