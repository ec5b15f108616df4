"""The schema of `vouch.yaml`. Everything but the sources has a default; unknown keys are refused.

A size is in the unit that the key's name ends in (`_mb`, `_s`, `_h`). Paths are relative to the
folder of `vouch.yaml`. docs/settings.md is generated from the descriptions here.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from vouch.schemas.process.environment import interpolate, names_secret, secrets_of_url
from vouch.schemas.settings.budget import BudgetSettings
from vouch.schemas.settings.captions import CaptionSettings
from vouch.schemas.settings.choices import AlertEvent
from vouch.schemas.settings.chunking import ChunkingSettings
from vouch.schemas.settings.contracts import Contracts
from vouch.schemas.settings.drift import DriftSettings
from vouch.schemas.settings.embedding import EmbeddingSettings
from vouch.schemas.settings.gates import PolicySettings, RetrievalSettings
from vouch.schemas.settings.index import IndexSettings
from vouch.schemas.settings.parsing import ParsingSettings
from vouch.schemas.settings.profiles import Profiles
from vouch.schemas.settings.run import RunSettings
from vouch.schemas.settings.serve import ServeSettings
from vouch.schemas.settings.sources import AnySource, SourceSettings
from vouch.schemas.settings.table_source import TableSource
from vouch.schemas.strict import Share, Strict


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
    profiles: Profiles = Field(
        default={},
        description=(
            "Retrieval profiles by name: how a client, a team or an application searches. A run "
            "publishes them with its state"
        ),
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
    serve: ServeSettings = Field(
        default=ServeSettings(), description="The HTTP service of `vouch serve`"
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

    @field_validator("profiles")
    @classmethod
    def _searched_profiles_exist(cls, profiles: Profiles, info: ValidationInfo) -> Profiles:
        retrieval = info.data.get("retrieval")
        for name in retrieval.profiles if retrieval else ():
            if name not in profiles:
                there = f"; there are {', '.join(profiles)}" if profiles else ""
                raise ValueError(f"retrieval.profiles names {name!r}, which is no profile{there}")
            if profiles[name].parameters:
                raise ValueError(
                    f"retrieval.profiles names {name!r}, whose filters need a value for "
                    f"${min(profiles[name].parameters)}; write golden queries with `profile` and "
                    "`values` instead"
                )
        return profiles

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
