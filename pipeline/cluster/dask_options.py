"""What all processes of a cluster have in common: options of Dask, and certificates."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask

from vouch.schemas.errors import SettingsError
from vouch.schemas.settings.cluster import TLS_FILES

if TYPE_CHECKING:
    from distributed import Security

# Dask has a web server even without its pages, by HTTP and without a login, on all addresses.
WEB_SERVER = "127.0.0.1:0"

OPTIONS: dict[str, Any] = {
    # A shard is given up after it was on this many workers that died. By default it is three, and
    # the loss of three machines would blame shards that happened to be on them.
    "distributed.scheduler.allowed-failures": 10,
    # A worker that says nothing for so long is taken for dead, and its shard starts elsewhere.
    "distributed.scheduler.worker-ttl": "60s",
    "distributed.comm.timeouts.connect": "30s",
    "distributed.comm.timeouts.tcp": "60s",
    # What nobody looks at here costs an idle process a twelfth of a core.
    "distributed.worker.profile.enabled": False,
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.limit": "60s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.admin.system-monitor.gil.enabled": False,
    "distributed.diagnostics.nvml": False,
    # The documents of a shard may be megabytes of names and states.
    "distributed.admin.large-graph-warning-threshold": "1GB",
}


def options() -> AbstractContextManager[Any]:
    """Set the options at once, until the context that is returned ends, if it is ever entered.

    A variable of the environment, such as DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL, goes before.
    Dask logs nothing from now on: what it says addresses developers, and errors say the rest.
    """
    import_module("distributed")  # sets levels of its own
    for name in ("distributed", "distributed.client", "distributed.gc"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    chosen = dask.config.collect_env()
    changed = {
        path: value
        for path, value in OPTIONS.items()
        if dask.config.get(path, None, config=chosen) is None
    }
    context: AbstractContextManager[Any] = dask.config.set(changed)
    return context


def security_of(files: Mapping[str, Path]) -> "Security":
    """Return how connections are encrypted and who is trusted, by the files `TLS_FILES`.

    Whoever has a certificate that `ca` has signed belongs to the cluster; host names are not
    compared. Raises `SettingsError` where a file cannot be read.
    """
    texts = {}
    for name in TLS_FILES:
        try:
            texts[name] = files[name].read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"the file of the cluster's {name}, {files[name]}, cannot be read: "
                f"{getattr(error, 'strerror', None) or 'it is not in PEM format'}"
            ) from None
    return security(texts)


def security(texts: Mapping[str, str]) -> "Security":
    """Return the same by the contents of the files."""
    from distributed import Security

    both = {"cert": texts["certificate"], "key": texts["key"]}
    roles = {
        f"tls_{role}_{part}": text
        for role in ("client", "scheduler", "worker")
        for part, text in both.items()
    }
    return Security(require_encryption=True, tls_ca_file=texts["ca"], **roles)
