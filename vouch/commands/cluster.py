"""`vouch scheduler` and `vouch worker`: the processes of a cluster."""

from pathlib import Path
from typing import Annotated

import typer

from vouch.commands.common import number
from vouch.console import Output

Address = Annotated[
    str, typer.Argument(help="tls://host:port, or tcp://127.0.0.1:port on this machine.")
]
Ca = Annotated[
    Path | None,
    typer.Option(
        help="File of the certificates that are trusted, in PEM format.",
        envvar="VOUCH_CLUSTER_CA",
    ),
]
Certificate = Annotated[
    Path | None,
    typer.Option(help="File of this process's certificate.", envvar="VOUCH_CLUSTER_CERTIFICATE"),
]
Key = Annotated[
    Path | None,
    typer.Option(help="File of its private key.", envvar="VOUCH_CLUSTER_KEY"),
]


def scheduler(
    context: typer.Context,
    address: Address,
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
) -> None:
    """Hand the shards of runs to the workers of a cluster.

    Whoever reaches a scheduler makes its workers do whatever they like: beyond this machine TLS is
    required, and only who has a certificate of the cluster may connect.
    """
    from vouch.pipeline.cluster.servers import checked_security, serve_scheduler

    output: Output = context.obj
    security = checked_security(address, {"ca": ca, "certificate": certificate, "key": key})
    serve_scheduler(
        address, security, lambda own: output.print_line(f"workers and runs may connect to {own}")
    )


def worker(
    context: typer.Context,
    address: Annotated[
        str, typer.Argument(help="The scheduler's address, such as tls://scheduler:8786.")
    ] = "",
    ca: Ca = None,
    certificate: Certificate = None,
    key: Key = None,
    wait: Annotated[
        float,
        typer.Option(
            min=1.0,
            callback=number,
            help="Seconds for which a scheduler that cannot be reached is tried.",
        ),
    ] = 300.0,
    of_run: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Process shards of runs, one at a time, in a cluster.

    It ends where it loses its scheduler; whatever started it, such as systemd or Kubernetes, is to
    start it again.
    """
    from vouch.pipeline.cluster.servers import checked_security, serve_worker

    output: Output = context.obj
    if of_run:
        from vouch.pipeline.cluster.local_workers import serve_run

        serve_run()
        return
    security = checked_security(address, {"ca": ca, "certificate": certificate, "key": key})
    serve_worker(
        address, security, wait, lambda own: output.print_line(f"{own} works for {address}")
    )
