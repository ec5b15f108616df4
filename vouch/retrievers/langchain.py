"""A retriever for LangChain: `pip install "vouch-pipeline[langchain]"`.

from vouch.retrievers.langchain import VouchRetriever

retriever = VouchRetriever(index="data/index", k=5, filters=["language=en"])
retriever.invoke("How long is parental leave?")

retriever = VouchRetriever(url="http://127.0.0.1:8420", key=os.environ["VOUCH_KEY"])
"""

from collections.abc import Iterable, Mapping
from typing import Any

from langchain_core.callbacks import (
    AsyncCallbackManagerForRetrieverRun,
    CallbackManagerForRetrieverRun,
)
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from pydantic import Field, PrivateAttr, SecretStr

from vouch.index.search.index import Index
from vouch.retrievers.searching import REFRESH_S, How, Passage, Searching, listed, written
from vouch.schemas.filters import Filter, Values
from vouch.schemas.search_options import Mode
from vouch.schemas.settings.choices import Breadth


class VouchRetriever(BaseRetriever):
    """Finds passages in an index of Vouch, or by a running `vouch serve`.

    A document has the text of a passage as `page_content`, its chunk as `id`, and in `metadata` the
    citation, the place in the source, the scores and the document's own metadata under `fields`.

    `invoke` and its kin take `k`, further `filters`, and `values` for a single query.

    Args:
        index: The folder or URL of an index. It follows what is published: see `refresh_s`.
        url: The address of a `vouch serve`, instead of an index.
        key: Its API key, where it needs one. It is not written where the retriever is serialized.
        k: The largest number of passages; by default as the profile has it, else 5.
        mode: `vector` searches by meaning, `text` by words, `hybrid` by both.
        breadth: How much less relevant than the best a passage may be.
        filters: Conditions that must all hold, such as `language=en`.
        profile: A retrieval profile, whose filters always hold.
        values: Values for the parameters of its filters, by name.
        storage_options: Options of an object store: see `vouch.open`. They are not serialized.
        refresh_s: Seconds after which a search looks whether a newer state has been published.

    Raises `SettingsError` where neither `index` nor `url` is given, or both are.
    """

    index: str | None = None
    url: str | None = None
    key: SecretStr | None = None
    k: int | None = None
    mode: Mode | None = None
    breadth: Breadth | None = None
    filters: tuple[Any, ...] = ()
    profile: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    refresh_s: float = REFRESH_S
    _searching: Searching = PrivateAttr()

    def __init__(
        self,
        *,
        index: "str | Index | None" = None,
        filters: Iterable[str | Filter] = (),
        storage_options: Mapping[str, str] | None = None,
        **named: Any,  # noqa: ANN401 - the attributes
    ) -> None:
        place = index.location if isinstance(index, Index) else index
        named |= {"index": str(place) if place else None, "filters": written(listed(filters))}
        super().__init__(**named)
        self._searching = Searching(
            index,
            self.url,
            self.key.get_secret_value() if self.key else None,
            storage_options,
            self.refresh_s,
        )

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Say that `langchain_core.load` may write it: where it searches, and how."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Return where `langchain_core.load` finds the class."""
        return ["vouch", "retrievers", "langchain"]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """By which name `langchain_core.load` asks for the key."""
        return {"key": "VOUCH_KEY"}

    def close(self) -> None:
        """Close what the retriever has opened. The next query opens it again."""
        self._searching.close()

    def _how(
        self, k: int | None, filters: Iterable[str | Filter] | None, values: Values | None
    ) -> How:
        own = How(self.k, self.mode, self.breadth, self.filters, self.profile, self.values)
        return own.narrowed(k, filters, values)

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Iterable[str | Filter] | None = None,
        values: Values | None = None,
    ) -> list[Document]:
        return _documents(self._searching.search(query, self._how(k, filters, values)))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Iterable[str | Filter] | None = None,
        values: Values | None = None,
    ) -> list[Document]:
        return _documents(await self._searching.asearch(query, self._how(k, filters, values)))


def _documents(results: Iterable[Passage]) -> list[Document]:
    return [
        Document(page_content=hit.text, id=hit.chunk_id, metadata=dict(described))
        for hit, described in results
    ]
