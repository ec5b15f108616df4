"""The retriever for Haystack, in pipelines of the real package."""

import asyncio
import json
import os
from pathlib import Path

import pytest
from haystack import Document, Pipeline, telemetry
from haystack.components.builders import PromptBuilder
from haystack.utils import Secret
from vouch_client import NotAllowed

import vouch
from tests.vouch.service.conftest import STAFF_KEY
from tests.vouch.service.running import Service
from vouch.retrievers.haystack import VouchRetriever
from vouch.schemas.errors import SettingsError

QUERY = "How long is parental leave?"
TEMPLATE = (
    "{{ question }}\n{% for each in documents %}"
    "[{{ each.meta.citation }}] {{ each.content }}\n{% endfor %}"
)


@pytest.fixture
def index(library: Path) -> str:
    return str(library / "data/index")


def piped(retriever: VouchRetriever) -> Pipeline:
    pipeline = Pipeline()
    pipeline.add_component("retriever", retriever)
    pipeline.add_component("prompt", PromptBuilder(TEMPLATE, required_variables=["question"]))
    pipeline.connect("retriever.documents", "prompt.documents")
    return pipeline


def test_a_document_has_the_text_the_chunk_and_the_citation(index: str):
    retriever = VouchRetriever(index=index, top_k=1)
    retriever.warm_up()
    (document,) = retriever.run(QUERY)["documents"]
    with vouch.open(index) as opened:
        (hit,) = opened.search(QUERY, k=1)
        assert (document.content, document.id) == (hit.text, hit.chunk_id)
        assert document.score == pytest.approx(hit.score)
        assert document.meta["citation"] == hit.citation
        assert document.meta["fields"] == {"acl": ["staff", "board"]}
        assert json.loads(json.dumps(document.meta)) == document.meta
        assert Document.from_dict(document.to_dict()) == document


def test_a_pipeline_answers_and_is_the_same_after_yaml(index: str):
    retriever = VouchRetriever(
        index=index, breadth="all", profile="members", values={"groups": ["staff"]}
    )
    given = {"retriever": {"query": QUERY, "top_k": 9}, "prompt": {"question": QUERY}}
    pipeline = piped(retriever)
    prompt = pipeline.run(given)["prompt"]["prompt"]
    assert "leave.md, Leave" in prompt
    assert "Parental leave lasts ten weeks" in prompt
    assert "merger" not in prompt
    text = pipeline.dumps()
    again = Pipeline.loads(text, allowed_modules=["vouch.retrievers.haystack"])
    assert again.run(given)["prompt"]["prompt"] == prompt
    assert again.dumps() == text


def test_a_key_is_serialized_by_its_name(locked: Service, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KEY_OF_STAFF", STAFF_KEY)
    key = Secret.from_env_var("KEY_OF_STAFF")
    retriever = VouchRetriever(
        url=locked.url, key=key, top_k=9, breadth="all", filters=["acl=staff"]
    )
    data = retriever.to_dict()
    assert STAFF_KEY not in json.dumps(data)
    again = VouchRetriever.from_dict(data)
    assert again.to_dict() == data
    uris = {each.meta["uri"] for each in again.run("merger, leave and lunch")["documents"]}
    assert uris == {"leave.md", "lunch.md"}
    again.close()
    wrong = VouchRetriever(url=locked.url, key=Secret.from_token("nobody"))
    with pytest.raises(NotAllowed):
        wrong.run(QUERY)
    wrong.close()
    with pytest.raises(ValueError, match="token"):
        wrong.to_dict()


def test_filters_and_values_of_a_query_narrow_it(index: str):
    members = VouchRetriever(
        index=index, top_k=9, breadth="all", profile="members", values={"groups": ["staff"]}
    )

    def uris(**named: object) -> set[str]:
        documents = members.run("merger, salaries, leave and lunch", **named)["documents"]
        return {each.meta["uri"] for each in documents}

    assert uris() == {"leave.md", "lunch.md"}
    assert uris(filters=["acl=board"]) == {"leave.md"}
    assert "merger.md" in uris(values={"groups": ["board"]})
    with pytest.raises(SettingsError, match="filters is a list"):
        uris(filters="acl=board")
    with pytest.raises(SettingsError, match="either `index`.* or `url`"):
        VouchRetriever()


def test_pipelines_run_it_asynchronously(index: str):
    retriever = VouchRetriever(index=index, top_k=1)
    (document,) = asyncio.run(retriever.run_async(QUERY))["documents"]
    assert document == retriever.run(QUERY)["documents"][0]


def test_nothing_is_sent_to_those_who_make_haystack():
    assert os.environ["HAYSTACK_TELEMETRY_ENABLED"] == "false"
    assert telemetry._telemetry.telemetry is None
