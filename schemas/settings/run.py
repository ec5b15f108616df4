"""Shards, retries and budgets of a run, the folders that it writes to, and who works for it."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from vouch.schemas.settings.cluster import ClusterSettings, by_address
from vouch.schemas.strict import Strict


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
