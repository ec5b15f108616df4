"""Text to vectors: model loading, fingerprint, batching, precision."""

from schemas.offline import go_offline

go_offline()
