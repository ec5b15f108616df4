"""Environment switches that keep libraries from sending telemetry and from fetching models.

Some libraries read these variables when they are imported, others in each call. A process that
Vouch owns (the command line, a Prefect flow run, an embedding process, a parser worker) calls
`go_offline()` before it imports them. In a process that belongs to a user, Vouch must not leave
anything behind: there a run is wrapped in `offline()`, and a search needs no variable at all,
because models are loaded with `local_files_only=True`.

A value that the user has set is never replaced.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

SWITCHES = {
    "DO_NOT_TRACK": "1",
    "SCARF_NO_ANALYTICS": "true",
    "UNSTRUCTURED_DISABLE_NOTICE": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "HAYSTACK_TELEMETRY_ENABLED": "false",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
    # LanceDB's warnings address developers of LanceDB, not the person at the terminal.
    "LANCEDB_LOG": "error",
    # The tokenizers' own thread pool does not survive a fork, and competes with our threads.
    "TOKENIZERS_PARALLELISM": "false",
}


def go_offline() -> None:
    """Set every switch that is not set, for the rest of this process and for its children."""
    for name, value in SWITCHES.items():
        os.environ.setdefault(name, value)


@contextmanager
def offline() -> Iterator[None]:
    """Set every switch that is not set, and remove those again on exit.

    Processes that are started inside inherit the switches. Not for concurrent use from several
    threads with different needs: the environment belongs to the whole process.
    """
    missing = {name: value for name, value in SWITCHES.items() if name not in os.environ}
    os.environ.update(missing)
    try:
        yield
    finally:
        for name, value in missing.items():
            # A value that something else has written in the meantime is not ours to remove.
            if os.environ.get(name) == value:
                del os.environ[name]
