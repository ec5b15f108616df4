"""When: Prefect flows and task policies. Only this folder imports prefect."""

import os
from pathlib import Path

from schemas.offline import go_offline

go_offline()
# Without a server of the user's own, Prefect's ephemeral one keeps its database with the project, not in the home folder.
os.environ.setdefault("PREFECT_HOME", str(Path(__file__).parent.parent / "data" / "prefect"))
