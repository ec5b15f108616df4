"""The published tables, how long their versions are kept, and the vector index."""

from pydantic import Field

from vouch.schemas.settings.choices import VectorType
from vouch.schemas.strict import Share, Strict


class IndexSettings(Strict):
    """The published tables, how many of their versions are kept, and the vector index."""

    path: str = Field(
        default="data/index",
        description="Folder of the LanceDB tables, or a URL such as s3://bucket/index",
    )
    max_delete_share: Share = Field(
        default=0.2,
        description=(
            "A run that would delete a larger share of the documents stops, unless it is started "
            "with --allow-mass-delete"
        ),
    )
    delete_grace_h: float = Field(
        default=0.0,
        ge=0,
        description="Hours for which a document that is no longer listed stays searchable",
    )
    keep_published: int = Field(
        default=10, ge=1, description="Published states that are kept for `vouch rollback`"
    )
    keep_readers_h: float = Field(
        default=24.0,
        ge=0,
        description="Older states are deleted after this many hours, so that readers can finish",
    )
    vectors: VectorType = Field(
        default="float32",
        description=(
            "As what vectors are stored. float16 takes half the space and finds the same; the next "
            "`vouch maintain` converts an index that has the other type, without embedding"
        ),
    )
    vector_index_from_rows: int | None = Field(
        # `vouch.index.vectors.access` says why.
        default=None,
        ge=256,
        description=(
            "Number of chunks from which `vouch maintain` builds a vector index; below it, search "
            "is exact. By default 20,000 in a folder, and 5,000 in an object store, from which an "
            "exact search reads all vectors each time"
        ),
    )
    min_recall: float = Field(
        default=0.98,
        gt=0,
        le=1,
        description="Mean share of the ten nearest chunks that a vector index must find",
    )
    max_tuning_s: float = Field(
        default=600.0,
        gt=0,
        description="Time limit for trying kinds of vector index in `vouch maintain`",
    )
