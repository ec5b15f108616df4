"""The retriever for LlamaIndex, in query engines of the real package."""

import asyncio
import json
from pathlib import Path

import pytest
from llama_index.core.llms import MockLLM
from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.response_synthesizers import get_response_synthesizer
from llama_index.core.schema import MetadataMode, TextNode
from vouch_client import NotAllowed

import vouch
from tests.vouch.service.conftest import STAFF_KEY
from tests.vouch.service.running import Service
from vouch.retrievers.llama_index import VouchRetriever
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import field

QUERY = "How long is parental leave?"


@pytest.fixture
def index(library: Path) -> str:
    return str(library / "data/index")


def test_a_node_has_the_text_the_place_and_the_document(index: str):
    (result,) = VouchRetriever(index=index, k=1).retrieve(QUERY)
    with vouch.open(index) as opened:
        (hit,) = opened.search(QUERY, k=1)
        node = result.node
        assert isinstance(node, TextNode)
        assert (node.text, node.node_id, node.ref_doc_id) == (
            hit.text,
            hit.chunk_id,
            hit.document_id,
        )
        assert (node.start_char_idx, node.end_char_idx) == (hit.char_start, hit.char_end)
        assert result.score == pytest.approx(hit.score)
        assert node.metadata["citation"] == hit.citation
        assert node.metadata["fields"] == {"acl": ["staff", "board"]}
        assert json.loads(json.dumps(node.metadata)) == node.metadata
        assert TextNode.from_json(node.to_json()) == node


def test_a_model_reads_the_citation_and_not_the_rest(index: str):
    (result,) = VouchRetriever(index=index, k=1).retrieve(QUERY)
    shown = result.node.get_content(MetadataMode.LLM)
    assert result.node.metadata["citation"] in shown
    assert "chunk_id" not in shown
    assert result.node.get_content(MetadataMode.EMBED) == result.node.text


def test_a_query_engine_answers_and_names_its_sources(index: str):
    retriever = VouchRetriever(
        index=index, k=9, breadth="all", profile="members", values={"groups": ["staff"]}
    )
    engine = RetrieverQueryEngine(
        retriever=retriever,
        response_synthesizer=get_response_synthesizer(llm=MockLLM()),
        node_postprocessors=[SimilarityPostprocessor(similarity_cutoff=0.0)],
    )
    answer = engine.query("merger, salaries, leave and lunch")
    assert {each.node.metadata["uri"] for each in answer.source_nodes} == {"leave.md", "lunch.md"}
    assert "Parental leave lasts ten weeks" in str(answer)
    later = asyncio.run(engine.aquery("merger, salaries, leave and lunch"))
    assert [each.node_id for each in later.source_nodes] == [
        each.node_id for each in answer.source_nodes
    ]
    streaming = RetrieverQueryEngine(
        retriever=retriever,
        response_synthesizer=get_response_synthesizer(llm=MockLLM(), streaming=True),
    )
    streamed = "".join(streaming.query("leave").response_gen)
    assert "Parental leave lasts ten weeks" in streamed


def test_filters_narrow_what_is_found(index: str):
    board = VouchRetriever(
        index=index, k=9, breadth="all", filters=[field("acl") == "board"]
    ).retrieve("salaries")
    assert {each.node.metadata["uri"] for each in board} == {
        "leave.md", "salaries.md", "merger.md", "meals.md"
    }  # fmt: skip
    with pytest.raises(SettingsError, match="filters is a list"):
        VouchRetriever(index=index, filters="acl=board")
    with pytest.raises(SettingsError, match="either `index`.* or `url`"):
        VouchRetriever()


def test_it_asks_a_service_by_the_rules_of_its_key(locked: Service):
    retriever = VouchRetriever(url=locked.url, key=STAFF_KEY, k=9, breadth="all")
    results = retriever.retrieve("merger, salaries, leave and lunch")
    assert {each.node.metadata["uri"] for each in results} == {"leave.md", "lunch.md"}
    again = asyncio.run(retriever.aretrieve("merger, salaries, leave and lunch"))
    assert [each.node_id for each in again] == [each.node_id for each in results]
    retriever.close()
    stranger = VouchRetriever(url=locked.url, key="nobody")
    with pytest.raises(NotAllowed):
        stranger.retrieve(QUERY)
    stranger.close()
