"""What is published: LanceDB tables, publishing and versions, search, vector indexes, lineage."""

from vouch.index.store.lancedb_import import defer_rest_client
from vouch.schemas.offline import go_offline

go_offline()
defer_rest_client()
