"""What `vouch scheduler` and `vouch worker` do: they serve until they are stopped."""

import asyncio
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vouch.pipeline.cluster.dask_options import WEB_SERVER, options, security_of
from vouch.pipeline.cluster.worker_errors import cause_of
from vouch.pipeline.context.scratch import scratch_base
from vouch.schemas.errors import ClusterError, SettingsError
from vouch.schemas.settings.cluster import TLS_FILES, refused_address

if TYPE_CHECKING:
    from distributed import Security, Worker

_CLOSING_S = 2.0


def checked_security(address: str, files: Mapping[str, Path | None]) -> "Security | None":
    """Return how connections to an address are encrypted; None for tcp:// on this machine.

    Raises `SettingsError` for any other address without TLS.
    """
    given = {name: file for name in TLS_FILES if (file := files.get(name)) is not None}
    if problem := refused_address(address, has_files=len(given) == len(TLS_FILES)):
        raise SettingsError(problem)
    return security_of(given) if address.startswith("tls://") else None


def serve_scheduler(
    address: str, security: "Security | None", started: Callable[[str], None]
) -> None:
    """Serve as a scheduler at an address; call `started` with it when workers may come."""
    options()
    from distributed import Scheduler

    async def serve() -> None:
        parts = urlsplit(address)
        try:
            scheduler = await Scheduler(
                host=parts.hostname,
                port=parts.port or 0,
                protocol=parts.scheme,
                security=security,
                dashboard=False,
                dashboard_address=WEB_SERVER,
            )
        except (OSError, RuntimeError) as error:
            raise ClusterError(
                f"no scheduler can listen at {address} ({cause_of(error)}); name another port, or "
                "end what listens there"
            ) from None
        started(scheduler.address)
        await scheduler.finished()

    asyncio.run(serve())


def serve_worker(
    address: str,
    security: "Security | None",
    wait_s: float,
    started: Callable[[str], None],
) -> None:
    """Serve as a worker of the scheduler at an address, one shard at a time.

    Call `started` with the worker's own address once it is connected. Raises `ClusterError` where
    the scheduler cannot be reached for `wait_s` seconds, or is lost later, whatever a shard is
    doing: who watches over this process starts it again.
    """
    options()
    from distributed import Worker

    # Imported here: a scheduler, which never reads what it hands out, needs a tenth of it.
    from vouch.pipeline.cluster.shard_worker import code_fingerprint

    code_fingerprint()  # of the code that this process has loaded, whatever is installed later

    async def serve() -> None:
        worker = Worker(
            address,
            nthreads=1,
            memory_limit=0,
            security=security,
            death_timeout=wait_s,
            local_directory=str(scratch_base()),
            name=f"{socket.gethostname()}-{os.getpid()}",
            dashboard=False,
            dashboard_address=WEB_SERVER,
        )
        try:
            await worker
        except (OSError, TimeoutError, RuntimeError) as error:
            raise ClusterError(
                f"the scheduler at {address} cannot be reached within {wait_s:g} s "
                f"({cause_of(error)}); start it, or correct its address and certificates"
            ) from None
        started(worker.address)
        try:
            await worker.finished()
        finally:
            await _closed(worker)

    asyncio.run(serve())
    raise ClusterError(f"the scheduler at {address} has ended, or cannot be reached any more")


async def _closed(worker: "Worker") -> None:
    """Leave the cluster; a shard in progress is not waited for, it starts elsewhere."""
    with suppress(Exception):
        await worker.close(timeout=_CLOSING_S, executor_wait=False, reason="the worker ends")
