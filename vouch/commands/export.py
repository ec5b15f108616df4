"""`vouch lineage`, `vouch metrics` and `vouch alert`: what other systems, and people elsewhere, are told."""

import json
import re
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from vouch.console import Output

if TYPE_CHECKING:
    from prov.model import ProvDocument

    from vouch.index.store.tables import Tables

_WORDS = {
    "Generation": "was made by",
    "Usage": "used",
    "Derivation": "was derived from",
    "Communication": "was part of",
    "Association": "was done with",
}
_RUN = re.compile(r"latest|\d{8}T")


def lineage(
    context: typer.Context,
    what: Annotated[
        str,
        typer.Argument(
            help="A chunk's id or a run's, or a beginning of it; latest is the newest run."
        ),
    ],
    prov: Annotated[bool, typer.Option("--prov", help="Print it as W3C PROV in JSON.")] = False,
) -> None:
    """Tell what a chunk was made of, or what a run read and left: files, texts, models, stages and runs."""
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    document = _provenance(Tables.open(read_settings(output.config).index_folder), what)
    if prov or output.as_json:
        print(json.dumps(json.loads(str(document.serialize())), ensure_ascii=False, indent=2))
        return
    output.say(f"[bold]{escape(what)}[/]")
    for made, of, how in _steps(document):
        output.say(f"  {escape(made)} [dim]{how}[/] {escape(of)}")


def metrics(context: typer.Context) -> None:
    """Print the figures of the newest run of each kind in Prometheus' text format."""
    from vouch.index.store.run_log import recent_runs
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.reports.metrics import metrics_text

    output: Output = context.obj
    runs = recent_runs(Tables.open(read_settings(output.config).index_folder))
    if not output.result(runs):
        print(metrics_text(runs), end="")


def alert(context: typer.Context) -> None:
    """Send a test to all recipients of `alerts.to`; alerts of runs go the same way."""
    from vouch.pipeline.context.alert_delivery import send_test_alert
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    reached = send_test_alert(read_settings(output.config))
    if not output.result({"reached": reached}):
        output.say(f"{reached} reached." if reached else "No recipients: alerts.to is empty.")


def _provenance(tables: "Tables", what: str) -> "ProvDocument":
    from vouch.index.lineage.trace import origin
    from vouch.index.store.run_log import published_before, read_run
    from vouch.reports.provenance import chunk_provenance, run_provenance

    if not _RUN.match(what):
        return chunk_provenance(origin(tables, what))
    record = read_run(tables, what)
    before = published_before(tables, record.run_id, 1)
    return run_provenance(record, before[-1] if before else None)


def _steps(document: "ProvDocument") -> list[tuple[str, str, str]]:
    """Each relation: what stands on its two sides, and what it says of them."""
    relations = [one for one in document.get_records() if one.is_relation()]
    sides = [[value.localpart for _, value in one.formal_attributes[:2]] for one in relations]
    return [
        (made, of, _WORDS[one.get_type().localpart])
        for one, (made, of) in zip(relations, sides, strict=True)
    ]
