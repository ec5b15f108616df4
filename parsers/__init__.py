"""What it says: bytes to `Document` to `Chunk`. One module a format, one registry. Pure: no network, no index."""

from vouch.schemas.offline import go_offline

go_offline()
