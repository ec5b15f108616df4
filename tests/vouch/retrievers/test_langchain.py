"""The retriever for LangChain, in chains of the real package."""

import asyncio
import json
import pickle
from pathlib import Path

import pytest
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.documents import Document
from langchain_core.language_models import FakeListChatModel
from langchain_core.load import dumps, loads
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnablePassthrough
from vouch_client import NotAllowed, Refused

import vouch
from tests.pipeline.steps import run, write
from tests.vouch.service.conftest import STAFF_KEY
from tests.vouch.service.running import Service
from vouch.retrievers.langchain import VouchRetriever
from vouch.schemas.errors import SettingsError
from vouch.schemas.filters import field

QUERY = "How long is parental leave?"


@pytest.fixture
def index(library: Path) -> str:
    return str(library / "data/index")


def test_a_document_has_the_text_the_chunk_and_the_citation(index: str):
    retriever = VouchRetriever(index=index, k=1)
    (document,) = retriever.invoke(QUERY)
    with vouch.open(index) as opened:
        (hit,) = opened.search(QUERY, k=1)
        assert isinstance(document, Document)
        assert (document.page_content, document.id) == (hit.text, hit.chunk_id)
        metadata = document.metadata
        assert metadata["citation"] == hit.citation
        assert metadata["document_id"] == hit.document_id
        assert metadata["fields"] == {"acl": ["staff", "board"]}
        assert metadata["run_id"] == opened.run_id
        assert json.loads(json.dumps(metadata)) == metadata
    retriever.close()


def test_filters_profile_and_values_narrow_what_is_found(index: str):
    def uris(retriever: VouchRetriever, **named: object) -> set[str]:
        documents = retriever.invoke("merger, salaries, leave and lunch", **named)
        return {document.metadata["uri"] for document in documents}

    everything = VouchRetriever(index=index, k=9, breadth="all")
    assert {"leave.md", "open.md"} <= uris(everything)
    assert len(uris(everything, k=2)) == 2
    assert uris(everything, filters=["acl=board"]) == {
        "leave.md", "salaries.md", "merger.md", "meals.md"
    }  # fmt: skip
    both = VouchRetriever(index=index, k=9, breadth="all", filters=[field("acl") == "board"])
    assert uris(both, filters=["acl=staff"]) == {"leave.md"}
    members = VouchRetriever(
        index=index, k=9, breadth="all", profile="members", values={"groups": ["staff"]}
    )
    assert uris(members) == {"leave.md", "lunch.md"}
    assert "merger.md" in uris(members, values={"groups": ["board"]})
    with pytest.raises(SettingsError, match="groups"):
        VouchRetriever(index=index, profile="members").invoke(QUERY)


def test_it_answers_in_a_chain_that_streams_and_batches(index: str):
    retriever = VouchRetriever(index=index, k=1)
    prompt = ChatPromptTemplate.from_template("Answer {question} from: {context}")
    model = FakeListChatModel(responses=["Ten weeks."])

    def cited(documents: list[Document]) -> str:
        return "\n".join(f"[{each.metadata['citation']}] {each.page_content}" for each in documents)

    chain = {"context": retriever | cited, "question": RunnablePassthrough()} | prompt | model
    assert "".join(chunk.content for chunk in chain.stream(QUERY)) == "Ten weeks."
    answers = (retriever | cited).batch([QUERY, "When is lunch?"])
    assert ["ten weeks" in answers[0], "noon" in answers[1]] == [True, True]

    async def stream() -> str:
        return "".join([chunk.content async for chunk in chain.astream(QUERY)])

    assert asyncio.run(stream()) == "Ten weeks."
    assert [each.id for each in asyncio.run(retriever.ainvoke(QUERY))] == [
        each.id for each in retriever.invoke(QUERY)
    ]


def test_callbacks_of_a_caller_are_called(index: str):
    class Seen(BaseCallbackHandler):
        def __init__(self) -> None:
            self.events: list[str] = []

        def on_retriever_start(self, serialized, query, **named):
            self.events.append(query)

        def on_retriever_end(self, documents, **named):
            self.events += [each.metadata["uri"] for each in documents]

        def on_retriever_error(self, error, **named):
            self.events.append(type(error).__name__)

    seen = Seen()
    retriever = VouchRetriever(index=index, k=1)
    retriever.invoke(QUERY, config={"callbacks": [seen]})
    with pytest.raises(SettingsError):
        retriever.invoke(" ", config={"callbacks": [seen]})
    assert seen.events == [QUERY, "leave.md", " ", "SettingsError"]


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_it_is_serialized_without_its_key(index: str):
    local = VouchRetriever(index=index, k=2, filters=[field("acl") == "staff"])
    again = loads(dumps(local), allowed_objects=[VouchRetriever], valid_namespaces=["vouch"])
    assert again.invoke(QUERY) == local.invoke(QUERY)
    remote = VouchRetriever(url="http://127.0.0.1:1", key="secret-key-of-a-caller", k=2)
    text = dumps(remote)
    assert "secret-key" not in text
    assert "secret-key" not in repr(remote)
    restored = loads(
        text,
        allowed_objects=[VouchRetriever],
        valid_namespaces=["vouch"],
        secrets_map={"VOUCH_KEY": "secret-key-of-a-caller"},
    )
    assert restored.key.get_secret_value() == "secret-key-of-a-caller"
    assert dumps(restored) == text
    assert pickle.loads(pickle.dumps(local)).invoke(QUERY) == local.invoke(QUERY)


def test_it_asks_a_service_by_the_rules_of_its_key(locked: Service):
    retriever = VouchRetriever(url=locked.url, key=STAFF_KEY, k=9, breadth="all")
    documents = retriever.invoke("merger, salaries, leave and lunch")
    assert {each.metadata["uri"] for each in documents} == {"leave.md", "lunch.md"}
    assert asyncio.run(retriever.ainvoke(QUERY))[0].metadata["citation"].startswith("leave.md")
    with pytest.raises(Refused, match="empty"):
        retriever.invoke(" ")
    retriever.close()
    stranger = VouchRetriever(url=locked.url, key="nobody")
    with pytest.raises(NotAllowed):
        stranger.invoke(QUERY)
    stranger.close()


def test_it_follows_what_is_published_and_not_what_it_was_given(project: Path):
    index = project.parent / "data/index"
    following = VouchRetriever(index=str(index), k=1, refresh_s=0)
    with vouch.open(index) as opened:
        given = VouchRetriever(index=opened, k=1)
        before = following.invoke("lunch")[0]
        write(project, "lunch.md", "---\nacl: [staff]\n---\n# Lunch\n\nLunch is at one o'clock.")
        run(project)
        assert "one o'clock" in following.invoke("lunch")[0].page_content
        assert given.invoke("lunch") == [before]
        given.close()
        assert opened.search("lunch")
    following.close()
    assert "one o'clock" in following.invoke("lunch")[0].page_content


@pytest.mark.parametrize("places", [{}, {"index": "data/index", "url": "http://127.0.0.1:1"}])
def test_it_needs_one_place_to_search(places: dict[str, str]):
    with pytest.raises(SettingsError, match="either `index`.* or `url`"):
        VouchRetriever(**places)


def test_a_text_in_place_of_filters_is_refused(index: str):
    with pytest.raises(SettingsError, match="filters is a list"):
        VouchRetriever(index=index, filters="language=en")
    with pytest.raises(SettingsError, match="filters is a list"):
        VouchRetriever(index=index).invoke(QUERY, filters="language=en")
