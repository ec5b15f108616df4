"""Prefect only: entry points, the runner, artifacts, automations. No other folder imports prefect.

Importing this package prepares the process for a run. Prefect loads flows by their path, in a
process that a worker starts for them, so no main function of Vouch's could do it: telemetry and
model hubs are switched off, and allocators set, before the libraries are imported that read this.
"""

import logging
import os

from vouch.index.store.lancedb_import import defer_rest_client
from vouch.pipeline.context.allocator_tuning import tune_allocators
from vouch.schemas.process.offline import go_offline

go_offline()
tune_allocators()
defer_rest_client()
# An ephemeral server starts in about ten seconds, on a busy machine in a minute; Prefect waits 20
# s.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
# What the pipeline logs is shown in the flow run's log too.
os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "vouch")
# A local run in the same process has no flow run to log to, which is no reason to warn.
os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
logging.getLogger("vouch").setLevel(logging.INFO)
