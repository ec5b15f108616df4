"""A retriever for LlamaIndex: `pip install "vouch-pipeline[llama-index]"`.

from vouch.retrievers.llama_index import VouchRetriever

retriever = VouchRetriever(index="data/index", k=5, filters=["language=en"])
retriever.retrieve("How long is parental leave?")
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llama_index.core.callbacks import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from vouch.index.search.index import Index
from vouch.retrievers.searching import REFRESH_S, How, Passage, Searching, listed
from vouch.schemas.filters import Filter, Values
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth

# What a language model reads besides the text; everything else is for the program.
_FOR_A_MODEL = ("citation", "title")


class VouchRetriever(BaseRetriever):
    """Finds passages in an index of Vouch, or by a running `vouch serve`.

    A node has the text of a passage, its chunk as `node_id`, its document as `ref_doc_id`, and in
    `metadata` the citation, the place in the source and the document's own metadata under `fields`.
    Of these a language model is shown the citation and the title only.

    Args:
        index: The folder or URL of an index, or one that is open. An index that is opened here
            follows what is published: see `refresh_s`.
        url: The address of a `vouch serve`, instead of an index.
        key: Its API key, where it needs one.
        k: The largest number of passages; by default as the profile has it, else 5.
        mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
        breadth: How much less relevant than the best a passage may be.
        filters: Conditions that must all hold: `language=en`, or made with `vouch.field`.
        profile: A retrieval profile, whose filters always hold.
        values: Values for the parameters of its filters, by name.
        storage_options: Options of an object store: see `vouch.open`.
        refresh_s: Seconds after which a search looks whether a newer state has been published.
        callback_manager: As in every retriever of LlamaIndex.

    Raises `SettingsError` where neither `index` nor `url` is given, or both are.
    """

    def __init__(
        self,
        index: str | Path | Index | None = None,
        url: str | None = None,
        key: str | None = None,
        k: int | None = None,
        mode: Mode | None = None,
        breadth: Breadth | None = None,
        filters: Iterable[str | Filter] = (),
        profile: str | None = None,
        values: Values | None = None,
        storage_options: Mapping[str, str] | None = None,
        refresh_s: float = REFRESH_S,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._searching = Searching(index, url, key, storage_options, refresh_s)
        self._how = How(k, mode, breadth, listed(filters), profile, dict(values or {}))
        super().__init__(callback_manager=callback_manager)

    def close(self) -> None:
        """Close what the retriever has opened. The next query opens it again."""
        self._searching.close()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(self._searching.search(query_bundle.query_str, self._how))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(await self._searching.asearch(query_bundle.query_str, self._how))


def _nodes(results: Iterable[Passage]) -> list[NodeWithScore]:
    return [
        NodeWithScore(node=_node(hit, dict(described)), score=hit.score)
        for hit, described in results
    ]


def _node(hit: Any, described: dict[str, Any]) -> TextNode:  # noqa: ANN401 - see `Passage`
    hidden = [name for name in described if name not in _FOR_A_MODEL]
    document = RelatedNodeInfo(node_id=hit.document_id)
    return TextNode(
        id_=hit.chunk_id,
        text=hit.text,
        metadata=described,
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=list(described),
        start_char_idx=hit.char_start,
        end_char_idx=hit.char_end,
        relationships={NodeRelationship.SOURCE: document},
    )
