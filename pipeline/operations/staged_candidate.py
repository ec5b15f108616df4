"""The staged shards of a rejected run, as long as they are kept."""

from vouch.index.publishing.publish import staging_of
from vouch.index.store.run_log import Intent
from vouch.index.store.staging import Staging
from vouch.schemas.errors import NotFound
from vouch.schemas.settings.vouch_yaml import Settings


def staged_candidate(intent: Intent, settings: Settings, run_id: str, again: str) -> Staging:
    """Return the shards of what a rejected run would have published.

    `again` says what to do where some are gone. Raises `NotFound` then.
    """
    staging = staging_of(intent, settings)
    gone = set(intent.shards) - staging.finished(intent.shards)
    if gone:
        raise NotFound(
            f"{len(gone)} of {len(intent.shards)} staged shards of run {run_id} are gone or "
            f"damaged (they are kept for run.keep_staged_h, {settings.run.keep_staged_h:g} hours); "
            f"{again}"
        )
    return staging
