"""When: Prefect flows and task policies. Only this folder imports prefect."""

import os
from pathlib import Path

from vouch.index.store.lancedb_import import defer_rest_client
from vouch.pipeline.context.allocator_tuning import save_memory
from vouch.schemas.offline import go_offline

go_offline()
save_memory()
defer_rest_client()
# Without a server of the user's own, Prefect's ephemeral one keeps its database with the project, not in the home folder.
# It starts in about ten seconds, and in a minute on a machine that is busy with other things.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
os.environ.setdefault("PREFECT_HOME", str(Path(__file__).parent.parent / "data" / "prefect"))
