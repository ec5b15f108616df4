"""The schema of `vouch.yaml`. Everything but the sources has a default; unknown keys are refused.

A size is in the unit that the key's name ends in (`_mb`, `_s`, `_h`). Paths are relative to the
folder of `vouch.yaml`. docs/settings.md is generated from the descriptions here.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from vouch.schemas.process.environment import interpolate, names_secret, secrets_of_url
from vouch.schemas.settings.budget import BudgetSettings
from vouch.schemas.settings.captions import CaptionSettings
from vouch.schemas.settings.choices import AlertEvent, Engine, VectorType
from vouch.schemas.settings.cluster import ClusterSettings, by_address
from vouch.schemas.settings.drift import DriftSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.gates import PolicySettings, RetrievalSettings
from vouch.schemas.settings.sources import AnySource, SourceSettings
from vouch.schemas.settings.table_source import TableSource
from vouch.schemas.strict import Share, Strict


class ParsingSettings(Strict):
    """Parsing runs in worker processes with limits, so that a bad file costs only itself."""

    engines: dict[str, Engine] = Field(
        default_factory=dict,
        description=(
            "Whose parser reads a media type, such as `application/rtf: unstructured`; `*` is "
            "every type that the engine reads. A change parses the documents concerned again"
        ),
    )
    workers: int = Field(default=2, ge=1, le=64, description="Number of worker processes")
    timeout_s: float = Field(
        default=120.0,
        gt=0,
        description=(
            "Limit of processor time for a document, and of four times as much by the clock; past "
            "either, it is quarantined and retried later. Linux and macOS; by the clock alone "
            "elsewhere"
        ),
    )
    memory_mb: int = Field(
        default=2048, ge=256, description="Memory limit of a worker; past it, it is quarantined"
    )
    # Attachments are documents themselves: without limits a small mail could contain millions.
    max_attachment_depth: int = Field(
        default=3,
        ge=0,
        description="How deep attachments may be nested; deeper ones are quarantined",
    )
    max_attachments: int = Field(
        default=50_000,
        ge=0,
        description=(
            "How many files may be attached to a listed document (mails in a mailbox, files in an "
            "archive), on all levels together; past it, the document is quarantined as a whole"
        ),
    )
    max_attached_mb: float = Field(
        default=512.0,
        gt=0,
        description="How many MB they may have together; past it, likewise",
    )
    max_attached_s: float = Field(
        default=3600.0,
        gt=0,
        description="How many seconds parsers may take for them together; past it, likewise",
    )
    ocr: Literal["auto", "off"] = Field(
        default="auto",
        description="auto: read scanned pages and images by tesseract where it is installed",
    )
    ocr_languages: tuple[Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], ...] = Field(
        default=(),
        description=(
            "Tesseract's language names, such as eng or deu; empty: up to four of the installed "
            "ones, English first"
        ),
    )
    ocr_max_pages: int = Field(
        default=20,
        ge=1,
        description=(
            "Scanned pages that are read of one document; each takes some seconds of timeout_s"
        ),
    )
    figures: Literal["auto", "off"] = Field(
        default="auto",
        description=(
            "auto: read the text in figures of PDF, Word and PowerPoint by tesseract where it is "
            "installed and ocr is auto. A change parses the documents concerned again"
        ),
    )
    max_figures: int = Field(
        default=40,
        ge=1,
        description="Figures that are read of one document; each takes about a second",
    )
    garbled_text: Literal["flag", "quarantine", "ocr"] = Field(
        default="flag",
        description=(
            "What happens to pages of PDF whose fonts declare other characters than they show. "
            "flag: the run warns, and their chunks are flagged; quarantine: the document is; ocr: "
            "they are read like scanned pages, and flagged where they cannot be. A change parses "
            "the documents concerned again"
        ),
    )


class ChunkingSettings(Strict):
    """A chunk is a span of a document's text; its title and headings are embedded with it."""

    # With heading_tokens this fills the 256 tokens that the default model reads.
    max_tokens: int = Field(default=160, ge=16, description="Token limit of a chunk's own text")
    heading_tokens: int = Field(
        default=96,
        ge=0,
        description=(
            "Token limit of what is embedded before a chunk's text: the title and headings (at "
            "most half of it) and a table's header"
        ),
    )

    @property
    def max_embedded_tokens(self) -> int:
        """Most tokens of what is embedded, special tokens included."""
        return self.max_tokens + self.heading_tokens


class DocumentContract(Strict):
    """Rules for each document; a document that breaks one is quarantined."""

    min_chars: int = Field(default=1, ge=0, description="Minimum length of its text")
    max_chars: int = Field(default=50_000_000, ge=1, description="Maximum length of its text")
    languages: tuple[str, ...] = Field(
        default=(), description="Allowed languages as ISO 639-1 codes; empty: any"
    )


class ChunkContract(Strict):
    """Rules for each chunk; a chunk that breaks one is quarantined, without its document."""

    min_chars: int = Field(default=1, ge=0, description="Minimum length of its text")
    languages: tuple[str, ...] = Field(
        default=(), description="Allowed languages as ISO 639-1 codes; empty: any"
    )


class BatchContract(Strict):
    """Rules for the index as a run would leave it: `warn_*` warn, the others reject the run."""

    min_documents: int = Field(default=1, ge=0, description="Minimum number of published documents")
    max_quarantine_share: Share = Field(
        default=0.5,
        description=(
            "Maximum share of quarantined documents. Unsupported types do not count, nor what a "
            "contract or the content policy stops before it is published (in a source's own "
            "`max_quarantine_share` it does)"
        ),
    )
    warn_quarantine_share: Share = Field(
        default=0.05,
        description="Share of quarantined documents, counted likewise, from which the run warns",
    )
    warn_untitled_share: Share = Field(
        default=0.5,
        description="Share of published documents without a title, of formats that can have one",
    )
    warn_duplicate_share: Share = Field(
        default=0.2, description="Share of chunks with the same text as another chunk"
    )
    warn_unknown_language_share: Share = Field(
        default=0.3, description="Share of chunks whose language was not detected"
    )
    warn_unknown_token_share: Share = Field(
        # 0.11 at most in languages of Latin letters, 0.33 and more in others (decision 33).
        default=0.25,
        description=(
            "Share of a source's newly embedded characters that the model reads as unknown tokens "
            "or letter by letter: it does not know their language"
        ),
    )
    model_change: Literal["block", "warn"] = Field(
        default="block",
        description=(
            "block: a run with another embedding model than the published one's is rejected until "
            "a person approves it; warn: it is published with a warning"
        ),
    )


class Contracts(Strict):
    """Rules for all sources; a source's own rules are in its `contract`."""

    documents: DocumentContract = Field(
        default=DocumentContract(), description="Rules for each document"
    )
    chunks: ChunkContract = Field(default=ChunkContract(), description="Rules for each chunk")
    batch: BatchContract = Field(
        default=BatchContract(), description="Rules for the index as a run would leave it"
    )


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


class RunSettings(Strict):
    """Shards, retries and budgets of a run, and the folders that it writes to."""

    shard_documents: int = Field(
        default=200, ge=1, description="Documents of a shard; at most twice as many"
    )
    shard_mb: float = Field(default=64.0, gt=0, description="Maximum size of a shard's files")
    work_path: str = Field(
        default="data/work",
        description=(
            "Folder of the staged shards of unfinished runs, or a URL such as s3://bucket/work"
        ),
    )
    report_path: str = Field(
        default="data/reports",
        description="Folder of the HTML reports, or a URL such as s3://bucket/reports",
    )
    report_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description=(
            "URL under which report_path is served (`make reports`), for links in artifacts and "
            "alerts"
        ),
    )
    metrics_path: str | None = Field(
        default=None,
        description=(
            "File, or URL of an object, that each run overwrites with the metrics of the latest "
            "runs, in the Prometheus text format"
        ),
    )
    max_attempts: int = Field(
        default=3,
        ge=1,
        description="Attempts within a run at a shard or a read that failed with a transient error",
    )
    retry_after_h: float = Field(
        default=24.0,
        ge=0,
        description=(
            "Hours before a document with a transient error is retried; doubled after each attempt"
        ),
    )
    retry_budget: int = Field(
        default=5,
        ge=1,
        description="Attempts after which a document is parked until `vouch replay`",
    )
    publisher_wait_s: float = Field(
        default=600.0,
        ge=0,
        description="How long a run waits for another one that publishes to the same index",
    )
    max_documents: int | None = Field(
        default=None,
        ge=1,
        description="Budget: a run that would read more documents stops before it reads any",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        description="Budget: a run that would embed more tokens stops before it embeds any",
    )
    keep_staged_h: float = Field(
        default=168.0,
        ge=0,
        description="Hours after which unused staged shards are deleted",
    )
    cluster: Annotated[ClusterSettings | None, BeforeValidator(by_address)] = Field(
        default=None,
        description=(
            "Who works on the shards: `local: 4`, or the address of a scheduler, with a key of "
            "its own for its certificates; empty: this process"
        ),
    )


def _to_text(value: object) -> object:
    """Return a number or a truth value of YAML as the text that an object store's options are."""
    if isinstance(value, bool | int | float):
        return str(value).lower()
    return value


class StorageSettings(Strict):
    """Object stores that `index.path`, `run.work_path`, `run.report_path` and others name as
    s3://…, gs://… or az://….
    """

    options: dict[
        str, Annotated[str, BeforeValidator(_to_text, json_schema_input_type=str | bool | float)]
    ] = Field(
        default={},
        repr=False,
        description=(
            "Options of the object store, such as `region`, `endpoint`, `access_key_id`, "
            "`secret_access_key` and `allow_http`; without keys, the environment and the machine's "
            "role are asked. ${NAME} and ${secret:NAME} are replaced"
        ),
    )
    lease_s: float = Field(
        default=60.0,
        ge=5,
        description=(
            "Seconds after which a run that no longer renews its lease is taken for dead; on an "
            "object store leases take the place of locks"
        ),
    )

    def filled(self) -> dict[str, str]:
        """Return the options with what they refer to filled in. Raises `SettingsError`."""
        return {name: interpolate(value)[0] for name, value in self.options.items()}


class LineageSettings(Strict):
    """Where OpenLineage events are sent. `${NAME}` and `${secret:NAME}` are replaced."""

    to: str | None = Field(
        default=None,
        min_length=1,
        repr=False,
        description=(
            "File to append JSON lines to, URL to post to, or URL such as s3://bucket/lineage, "
            "below which each event is an object; empty: no events are sent"
        ),
    )
    token: str | None = Field(
        default=None, min_length=1, repr=False, description="Bearer token for the URL"
    )
    namespace: str = Field(
        default="vouch",
        min_length=1,
        description="Namespace of the jobs, which distinguishes this installation from others",
    )


class AlertSettings(Strict):
    """Who is notified of problems. `${NAME}` and `${secret:NAME}` are replaced."""

    to: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(),
        repr=False,
        description=(
            "Apprise URLs (slack://…, mailtos://…, …) or webhook URLs, which get JSON; empty: no "
            "alerts are sent"
        ),
    )
    on: tuple[AlertEvent, ...] = Field(
        default=tuple(AlertEvent),
        description=(
            "Events that are notified; late and crashed runs always are, by Prefect's server"
        ),
    )
    max_quarantine_share: Share = Field(
        default=0.1,
        description="Share of a run's documents newly in quarantine from which it is notified",
    )
    repeat_h: float = Field(
        default=24.0,
        ge=0,
        description="Hours after which a problem that persists is notified again",
    )


class ApprovalSettings(Strict):
    """Who may publish what the gate has rejected."""

    wait_h: float = Field(
        default=0.0,
        ge=0,
        description=(
            "Hours that a rejected run of a Prefect deployment waits for a decision in Prefect's "
            "pages; 0: it is rejected at once, and `vouch approve` publishes it"
        ),
    )


class ShadowSettings(Strict):
    """A second generation beside the published one. A section that is left out is that of the
    settings; one that is given is complete, and means what it would mean there.
    """

    embedding: EmbeddingSettings | None = Field(
        default=None, description="Its model, as in `embedding`"
    )
    chunking: ChunkingSettings | None = Field(
        default=None, description="How its chunks are cut, as in `chunking`"
    )

    @model_validator(mode="after")
    def _differs(self) -> "ShadowSettings":
        if self.embedding is None and self.chunking is None:
            raise ValueError("a shadow needs `embedding` or `chunking`: in what it differs")
        return self


ShadowName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,40}$")]


class Settings(Strict):
    """The whole of `vouch.yaml`."""

    sources: tuple[AnySource, ...] = Field(min_length=1, description="Where documents come from")
    parsing: ParsingSettings = Field(
        default=ParsingSettings(), description="Engines, worker processes, limits and OCR"
    )
    captions: CaptionSettings | None = Field(
        default=None,
        description=(
            "The service that describes figures; empty: none, and no picture leaves this machine"
        ),
    )
    chunking: ChunkingSettings = Field(
        default=ChunkingSettings(), description="How documents are split into chunks"
    )
    embedding: EmbeddingSettings = Field(
        default=EmbeddingSettings(), description="The embedding model, and how it runs"
    )
    budget: BudgetSettings = Field(
        default=BudgetSettings(), description="Caps on what embedding may cost"
    )
    contracts: Contracts = Field(
        default=Contracts(), description="Rules for documents and chunks of all sources"
    )
    policy: PolicySettings = Field(
        default=PolicySettings(), description="What happens to sensitive or duplicate content"
    )
    drift: DriftSettings = Field(
        default=DriftSettings(),
        description="How much a run may change the published state before it warns or is rejected",
    )
    retrieval: RetrievalSettings = Field(
        default=RetrievalSettings(),
        description="Golden queries: search quality that a run must not reduce",
    )
    index: IndexSettings = Field(
        default=IndexSettings(), description="The published tables and their retention"
    )
    run: RunSettings = Field(
        default=RunSettings(), description="Shards, retries, budgets and output folders"
    )
    storage: StorageSettings = Field(
        default=StorageSettings(), description="Options of object stores, and leases on them"
    )
    lineage: LineageSettings = Field(default=LineageSettings(), description="OpenLineage events")
    alerts: AlertSettings = Field(default=AlertSettings(), description="Notifications of problems")
    approval: ApprovalSettings = Field(
        default=ApprovalSettings(), description="A person's decision on a rejected run"
    )
    shadows: dict[ShadowName, ShadowSettings] = Field(
        default={},
        description=(
            "Generations with another model or other chunks, by name, that `vouch reindex "
            "--shadow NAME` makes and runs keep up to date, to be compared with the published one; "
            "`vouch switch NAME` publishes one"
        ),
    )

    @field_validator("sources")
    @classmethod
    def _names_are_unique(cls, sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
        names = [source.name for source in sources]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(
                f"two sources have the name {', '.join(repeated)}; rename one, because names are "
                "part of the ids of documents"
            )
        return sources

    @field_validator("captions")
    @classmethod
    def _excepted_sources_exist(
        cls, captions: CaptionSettings | None, info: ValidationInfo
    ) -> CaptionSettings | None:
        sources = {source.name for source in info.data.get("sources", ())}
        missing = sorted(set(captions.except_sources) - sources) if captions and sources else []
        if missing:
            raise ValueError(
                f"captions.except_sources names {', '.join(missing)}, which is no source; its "
                "pictures would be sent"
            )
        return captions

    @field_validator("budget")
    @classmethod
    def _budget_needs_a_price(cls, budget: BudgetSettings, info: ValidationInfo) -> BudgetSettings:
        embedding = info.data.get("embedding")
        # A wrong section is missing here, and is reported by itself.
        if budget.caps and embedding and embedding.price_per_million_tokens is None:
            raise ValueError(
                "caps need embedding.price_per_million_tokens, without which nothing has a cost"
            )
        captions = info.data.get("captions")
        if budget.caps and captions and captions.price_per_million_tokens is None:
            raise ValueError(
                "caps need captions.price_per_million_tokens, without which captions have no cost"
            )
        return budget

    @field_validator("shadows")
    @classmethod
    def _shadows_share_the_budget(
        cls, shadows: dict[str, ShadowSettings], info: ValidationInfo
    ) -> dict[str, ShadowSettings]:
        budget, embedding = info.data.get("budget"), info.data.get("embedding")
        if not (budget and budget.caps and embedding):
            return shadows
        for name, shadow in shadows.items():
            model = shadow.embedding
            if model is None:
                continue
            if model.price_per_million_tokens is None or model.currency != embedding.currency:
                raise ValueError(
                    f"shadow {name} needs embedding.price_per_million_tokens in "
                    f"{embedding.currency}, because `budget` counts what it costs too"
                )
        return shadows

    @model_validator(mode="after")
    def _waits_no_longer_than_shards_are_kept(self) -> "Settings":
        if self.approval.wait_h > self.run.keep_staged_h:
            raise ValueError(
                f"approval.wait_h of {self.approval.wait_h:g} is longer than run.keep_staged_h of "
                f"{self.run.keep_staged_h:g}, after which the staged shards of a rejected run are "
                "deleted; shorten the first or lengthen the second"
            )
        return self

    def literal_secrets(self) -> set[str]:
        """Return the secrets that are written into the settings instead of being filled in."""
        targets = [*self.alerts.to, self.lineage.to or ""]
        urls = [*targets, *(source.path or "" for source in self.sources)]
        models = [self.embedding, *(shadow.embedding for shadow in self.shadows.values())]
        services_used = [model.service for model in models if model and model.service]
        urls += [service.url for service in services_used]
        urls += [source.url or "" for source in self.sources if isinstance(source, TableSource)]
        given: list[Mapping[str, object]] = [
            self.storage.options,
            *(source.storage_options for source in self.sources),
        ]
        options = {
            value
            for of_place in given
            for name, value in of_place.items()
            if isinstance(value, str) and names_secret(name)
        }
        # An address of a chat service is a secret as a whole.
        services = {target for target in self.alerts.to if "://" in target}
        keys = {
            value
            for service in services_used
            for value in (service.api_key or "", *service.headers.values())
        }
        whole = options | services | keys | {self.lineage.token or ""}
        return whole.union(*(secrets_of_url(url) for url in urls)) - {""}
