"""What `vouch.yaml` may say. Everything but the sources has a default; unknown keys are refused.

Sizes are in the unit that the name ends in. Paths are relative to the folder of `vouch.yaml`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BeforeValidator, Field, field_validator

from vouch.schemas.choices import Event
from vouch.schemas.contract import SourceContract
from vouch.schemas.drift import DriftSettings
from vouch.schemas.gate import PolicySettings, RetrievalSettings
from vouch.schemas.strict import Share, Strict
from vouch.schemas.table_source import PATH_DATE, TableSource


class FilesSource(Strict):
    """Files anywhere fsspec reaches: a folder, a glob, a zip (`zip://*::file.zip`), `memory://…`."""

    kind: Literal["files"] = Field(default="files", description="Each file is a document")
    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="Short name; part of every document's identity",
    )
    path: str = Field(min_length=1, description="Folder, glob or fsspec URL")
    include: tuple[str, ...] = Field(
        default=("**/*",), description="Glob patterns below the path; others are not listed"
    )
    exclude: tuple[str, ...] = Field(
        default=(), description="Glob patterns below the path that are filtered"
    )
    max_file_mb: float = Field(default=100.0, gt=0, description="Larger files are filtered")
    path_date: str = Field(
        default=PATH_DATE,
        description="Regular expression with the groups year, month and day: the date in a path, for backfills by path",
    )
    hidden: bool = Field(
        default=False, description="Also take files and folders whose name begins with a dot"
    )
    storage_options: dict[str, str | int | bool] = Field(
        default_factory=dict,
        repr=False,
        description="Passed to fsspec; ${NAME} and ${secret:NAME} are filled in",
    )
    contract: SourceContract = Field(
        default=SourceContract(), description="What must hold for its documents"
    )


SourceSettings: TypeAlias = FilesSource | TableSource
_KINDS: dict[str, type[FilesSource] | type[TableSource]] = {
    "files": FilesSource,
    "table": TableSource,
}


def _of_its_kind(value: Any) -> Any:  # noqa: ANN401 - whatever the file holds
    """One source by its `kind`, so that what is wrong is told of that kind alone; without one it is files."""
    if not isinstance(value, Mapping):
        return value
    kind = value.get("kind", "files")
    if kind not in _KINDS:
        raise ValueError(f"a source's kind is {' or '.join(_KINDS)}, not {kind!r}")
    return _KINDS[kind].model_validate(value)


class ParsingSettings(Strict):
    workers: int = Field(default=2, ge=1, le=64, description="Worker processes")
    timeout_s: float = Field(
        default=120.0, gt=0, description="A document that takes longer is quarantined"
    )
    memory_mb: int = Field(
        default=2048, ge=256, description="A document that needs more is quarantined"
    )
    max_attachment_depth: int = Field(
        default=3, ge=0, description="Mail in mail in mail; deeper is quarantined"
    )
    max_attachments: int = Field(
        default=1000, ge=0, description="More in one document are quarantined"
    )
    ocr: Literal["auto", "off"] = Field(
        default="auto", description="Read scanned pages and images by tesseract, if installed?"
    )
    ocr_languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ...] = Field(
        default=(),
        description="Tesseract's names, as eng or deu; empty takes up to four of those installed, English first",
    )
    ocr_max_pages: int = Field(
        default=20,
        ge=1,
        description="Scanned pages that are read in one document; some seconds each, within timeout_s",
    )


class ChunkingSettings(Strict):
    max_tokens: int = Field(default=160, ge=16, description="Most tokens of a chunk's own text")
    heading_tokens: int = Field(
        default=96,
        ge=0,
        description="Most tokens put before it in what is embedded: title and headings (half of them), a table's header",
    )

    @property
    def max_embedded_tokens(self) -> int:
        """Tokens of what is embedded, special ones included."""
        return self.max_tokens + self.heading_tokens


class EmbeddingSettings(Strict):
    model: str = Field(
        default="all-MiniLM-L6-v2",
        description="all-MiniLM-L6-v2 comes with the environment; else a folder, or a hub name with allow_download",
    )
    revision: str | None = Field(
        default=None, description="Hub revision, for a model that is downloaded"
    )
    allow_download: bool = Field(
        default=False, description="May the model be fetched from its hub?"
    )
    query_prefix: str = Field(default="", description="Put before every query")
    document_prefix: str = Field(default="", description="Put before every text that is embedded")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        default="auto",
        description="Of the model; auto takes bfloat16 where this machine is faster by it and vectors keep a cosine of 0.9995",
    )
    device: str = Field(
        default="auto", description="A torch device; auto takes a GPU where there is one"
    )
    batch_tokens: int | None = Field(
        default=None,
        ge=64,
        description="Tokens a batch, padding included; empty takes what suits the device",
    )

    @property
    def precision_class(self) -> str:
        """Vectors of one class may stand beside one another: those of bfloat16, and whatever is closer to the exact ones."""
        return "float32" if self.precision == "float32" else "bfloat16"


class DocumentContract(Strict):
    """What must hold for each document; one that breaks it is quarantined."""

    min_chars: int = Field(default=1, ge=0, description="Least length of its text")
    max_chars: int = Field(default=50_000_000, ge=1, description="Greatest length of its text")
    languages: tuple[str, ...] = Field(default=(), description="ISO 639-1 codes; empty allows all")


class ChunkContract(Strict):
    """What must hold for each chunk; one that breaks it is quarantined, the rest of its document goes on."""

    min_chars: int = Field(default=1, ge=0, description="Least length of its text")
    languages: tuple[str, ...] = Field(default=(), description="ISO 639-1 codes; empty allows all")


class BatchContract(Strict):
    """What must hold for the candidate as a whole. `warn_*` gives a warning, the others reject the run."""

    min_documents: int = Field(
        default=1, ge=0, description="Fewer published documents reject the run"
    )
    max_quarantine_share: Share = Field(
        default=0.5, description="Of the listed documents, unsupported types not counted"
    )
    warn_quarantine_share: Share = Field(
        default=0.05, description="The same, from where on the run warns"
    )
    warn_untitled_share: Share = Field(
        default=0.5, description="Published documents without a title"
    )
    warn_duplicate_share: Share = Field(
        default=0.2, description="Chunks whose text stands in another chunk too"
    )
    warn_unknown_language_share: Share = Field(
        default=0.3, description="Chunks whose language could not be told"
    )


class Contracts(Strict):
    documents: DocumentContract = Field(
        default=DocumentContract(), description="Each document, of whatever source"
    )
    chunks: ChunkContract = Field(default=ChunkContract(), description="Each chunk")
    batch: BatchContract = Field(
        default=BatchContract(), description="The index as it would be after the run"
    )


class IndexSettings(Strict):
    path: str = Field(default="data/index", description="Folder of the LanceDB tables")
    max_delete_share: Share = Field(
        default=0.2, description="A run that would remove more of the documents stops and asks"
    )
    delete_grace_h: float = Field(
        default=0.0,
        ge=0,
        description="A document that is listed no more stays searchable for this many hours",
    )
    keep_published: int = Field(
        default=10, ge=1, description="How many published states can be gone back to"
    )
    keep_readers_h: float = Field(
        default=24.0,
        ge=0,
        description="Older states are cleaned away after this many hours, so that readers can finish",
    )
    vector_index_from_rows: int = Field(
        default=20_000,
        ge=256,
        description="Below, vectors are compared one by one; from here on `vouch maintain` indexes them",
    )
    min_recall: float = Field(
        default=0.98,
        gt=0,
        le=1,
        description="Of the ten nearest chunks, how many a vector index must find, on the average",
    )
    max_tuning_s: float = Field(
        default=600.0,
        gt=0,
        description="No other kind of vector index is tried when this time would be passed",
    )


class RunSettings(Strict):
    shard_documents: int = Field(default=200, ge=1, description="Documents a shard")
    shard_mb: float = Field(
        default=64.0, gt=0, description="A shard is closed before it grows past this"
    )
    work_path: str = Field(default="data/work", description="Staged shards of unfinished runs")
    report_path: str = Field(default="data/reports", description="Where the HTML reports go")
    report_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where report_path is served (`make reports`), so that artifacts and alerts link to what a browser opens",
    )
    metrics_path: str | None = Field(
        default=None,
        description="File that gets the figures of the newest runs after each, in Prometheus' text format",
    )
    max_attempts: int = Field(
        default=3, ge=1, description="Tries of a shard or a read that failed in a way that may pass"
    )
    retry_after_h: float = Field(
        default=24.0,
        ge=0,
        description="What failed in a way that may pass is tried again after this, then twice this, …",
    )
    retry_budget: int = Field(
        default=5,
        ge=1,
        description="After so many tries it is parked for a person (`vouch replay`)",
    )
    publisher_wait_s: float = Field(
        default=600.0,
        ge=0,
        description="How long a run waits for another that is publishing to the same index",
    )
    max_documents: int | None = Field(
        default=None, ge=1, description="A run that would read more stops before it begins"
    )
    max_tokens: int | None = Field(
        default=None, ge=1, description="A run that would embed more tokens stops before it spends"
    )
    keep_staged_h: float = Field(
        default=168.0,
        ge=0,
        description="Staged shards that nobody has used for so long are removed",
    )


class LineageSettings(Strict):
    """Where runs are told as OpenLineage events; nowhere by default. `${NAME}` and `${secret:NAME}` are filled in."""

    to: str | None = Field(
        default=None,
        min_length=1,
        repr=False,
        description="A file that gets a line of JSON each, or the URL to post to",
    )
    token: str | None = Field(
        default=None, min_length=1, repr=False, description="Sent to the URL as a bearer token"
    )
    namespace: str = Field(
        default="vouch",
        min_length=1,
        description="Of the jobs: what tells this installation from others",
    )


class AlertSettings(Strict):
    """Who is told of what goes wrong; nobody by default. `${NAME}` and `${secret:NAME}` are filled in."""

    to: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        repr=False,
        description="Apprise URLs (slack://…, mailtos://…, …) or the addresses of webhooks, which get JSON",
    )
    on: tuple[Event, ...] = Field(
        default=tuple(Event),
        description="What of a run is told; runs that are late or crashed are always told, by the server",
    )
    max_quarantine_share: Share = Field(
        default=0.1,
        description="More of what a run brings in quarantine, not counting what was there before, is told",
    )
    repeat_h: float = Field(
        default=24.0,
        ge=0,
        description="What stays wrong is told again after so many hours, not each run",
    )


class Settings(Strict):
    """The whole of `vouch.yaml`."""

    sources: tuple[Annotated[SourceSettings, BeforeValidator(_of_its_kind)], ...] = Field(
        min_length=1, description="Where documents come from"
    )
    parsing: ParsingSettings = Field(
        default=ParsingSettings(), description="How files are read, and how much each may take"
    )
    chunking: ChunkingSettings = Field(
        default=ChunkingSettings(), description="How texts are cut into chunks"
    )
    embedding: EmbeddingSettings = Field(
        default=EmbeddingSettings(), description="The model that makes vectors of chunks"
    )
    contracts: Contracts = Field(
        default=Contracts(), description="What must hold for documents and chunks of all sources"
    )
    policy: PolicySettings = Field(
        default=PolicySettings(), description="What follows from contents that may do harm"
    )
    drift: DriftSettings = Field(
        default=DriftSettings(), description="How far from what is published a run may lead"
    )
    retrieval: RetrievalSettings = Field(
        default=RetrievalSettings(), description="Golden queries, and how they are searched"
    )
    index: IndexSettings = Field(
        default=IndexSettings(), description="Where what is published lies, and what is kept of it"
    )
    run: RunSettings = Field(
        default=RunSettings(), description="Shards, tries, budgets, and where a run writes"
    )
    lineage: LineageSettings = Field(
        default=LineageSettings(), description="Where runs are told as OpenLineage events"
    )
    alerts: AlertSettings = Field(
        default=AlertSettings(), description="Who is told of what goes wrong"
    )

    @field_validator("sources")
    @classmethod
    def _names_differ(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in sources]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"two sources have the name {', '.join(twice)}; names are part of a document's identity"
            )
        return sources
