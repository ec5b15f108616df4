"""Nothing leaves and nothing is fetched behind the user's back: switches that must be set before a library is imported.

Each room that imports a library with telemetry or a model hub calls `go_offline()` first, because the libraries read
these variables at import time. A value that the user has set wins.
"""

import os

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "LANCEDB_LOG": "error",  # its warnings are for us, not for the person at the terminal
    "TOKENIZERS_PARALLELISM": "false",  # the tokenizer's own threads and worker processes do not mix
}


def go_offline() -> None:
    """Set every switch that the user has not set."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)
