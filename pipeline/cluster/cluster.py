"""Connects a run to its cluster, or starts one for it on this machine."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vouch.pipeline.cluster.dask_options import WEB_SERVER, options, security_of
from vouch.pipeline.cluster.dispatch import Dispatcher
from vouch.pipeline.cluster.local_workers import local_workers
from vouch.pipeline.cluster.worker_errors import cause_of
from vouch.pipeline.context.run_context import Run
from vouch.schemas.errors import ClusterError
from vouch.schemas.settings.cluster import TLS_FILES, ClusterSettings

if TYPE_CHECKING:
    from distributed import Client, LocalCluster, Security

_CLOSE_S = 2.0  # an interrupted run is to end soon


@contextmanager
def open_cluster(run: Run, settings: ClusterSettings, shards: int) -> Iterator[Dispatcher]:
    """Yield what sends the run's shards to workers, once there is a first worker.

    At the end what is not finished is given up, and the workers give back what they hold of the
    run. Raises `ClusterError` where no scheduler, or no worker, can be reached.
    """
    with ExitStack() as opened:
        opened.enter_context(options())
        if settings.local is not None:
            client = opened.enter_context(_on_this_machine(run, settings))
        else:
            client = opened.enter_context(_connected(run, settings))
        dispatcher = opened.enter_context(Dispatcher(client, run, settings, shards))
        dispatcher.wait_for_worker()
        yield dispatcher


@contextmanager
def _connected(run: Run, settings: ClusterSettings) -> "Iterator[Client]":
    """Connect to the scheduler that the settings name."""
    from distributed import Client

    address = str(settings.scheduler)
    security: Security | None = None
    if address.startswith("tls://"):
        folder = run.file.folder
        security = security_of({name: folder / str(getattr(settings, name)) for name in TLS_FILES})
    try:
        client = Client(address, timeout=settings.wait_s, security=security, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise ClusterError(
            f"the scheduler at {address} (run.cluster) cannot be reached within "
            f"{settings.wait_s:g} s ({cause_of(error)}); start it with `vouch scheduler`, or "
            "correct its address and certificates"
        ) from None
    with _closing(client):
        yield client


@contextmanager
def _on_this_machine(run: Run, settings: ClusterSettings) -> "Iterator[Client]":
    """Start a scheduler in this process, and workers beside it.

    They connect by certificates of this moment that no other user of the machine has.
    """
    from distributed import Client, LocalCluster, Security

    temporary = Security.temporary()
    with ExitStack() as opened:
        cluster: LocalCluster = LocalCluster(
            n_workers=0,
            host="127.0.0.1",
            protocol="tls://",
            security=temporary,
            dashboard_address=WEB_SERVER,
            scheduler_kwargs={"dashboard": False},
            silence_logs=False,
        )
        opened.callback(_close, cluster)
        folder = Path(opened.enter_context(run.workspace.temporary_folder()))
        connection = {
            "address": cluster.scheduler_address,
            "ca": str(temporary.tls_ca_file),
            "certificate": str(temporary.tls_worker_cert),
            "key": str(temporary.tls_worker_key),
            "scratch": str(folder),
            "wait_s": str(settings.wait_s),
        }
        opened.enter_context(local_workers(int(settings.local or 0), connection, folder))
        client = Client(
            cluster.scheduler_address,
            timeout=settings.wait_s,
            security=temporary,
            set_as_default=False,
        )
        with _closing(client):
            yield client


@contextmanager
def _closing(client: "Client") -> "Iterator[Client]":
    """Close the connection at the end, also where the scheduler does not answer any more."""
    try:
        yield client
    finally:
        _close(client)


def _close(connected: "Client | LocalCluster") -> None:
    with suppress(Exception):
        connected.close(timeout=_CLOSE_S)
