"""Text to vectors: model loading, fingerprint, batching, precision."""

from vouch.schemas.offline import go_offline

go_offline()
