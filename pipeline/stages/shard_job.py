"""A shard to process, as a value that can be pickled and sent to another machine."""

from dataclasses import dataclass, replace

from vouch.pipeline.planning.plan import Plan
from vouch.pipeline.planning.sharding import Shard
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.documents.records import Fingerprints


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What processing one shard takes besides a workspace, which any process can open from the
    request.

    `attached` are the ids of all documents that the index has as attachments of those in the shard
    that are chunked again from the stored text.
    """

    request: RunRequest
    fingerprints: Fingerprints
    shard: Shard
    attached: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, request: RunRequest, fingerprints: Fingerprints, shard: Shard, plan: Plan
    ) -> "ShardJob":
        """Return the job for a shard of the plan, with only what the shard needs of either."""
        rechunked = [planned.document_id for planned in shard.documents if planned.from_text]
        attached = tuple(plan.attached_to(rechunked))
        return cls(replace(request, listings={}), fingerprints, shard, attached)
