"""`vouch metrics`, `vouch alert` and `vouch canary`."""

import typer

from vouch.commands.common import open_tables
from vouch.console import Output


def metrics(context: typer.Context) -> None:
    """Print metrics in the text format of Prometheus.

    They are of the newest run of each kind, and of what all runs have spent this month.
    """
    from vouch.index.store.run_log import recent_runs
    from vouch.pipeline.context.budget import spending_metrics
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.reports.metrics import metrics_text

    output: Output = context.obj
    runs = recent_runs(open_tables(output))
    if not output.print_json(runs):
        print(metrics_text(runs, *spending_metrics(read_settings(output.config))), end="")


def alert(context: typer.Context) -> None:
    """Send a test alert to all recipients in `alerts.to`."""
    from vouch.pipeline.context.alert_delivery import send_test_alert
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    reached = send_test_alert(read_settings(output.config))
    if not output.print_json({"reached": reached}):
        output.print_line(
            f"Recipients reached: {reached}." if reached else "No recipients: alerts.to is empty."
        )


def canary(context: typer.Context) -> None:
    """Ask whether the embedding model still gives the vectors of the index.

    Embeds a few probe texts and nothing else. The exit code is 4 where the model, or the service
    that runs it, has changed or does not answer.
    """
    from vouch.pipeline.context.settings_loader import read_settings
    from vouch.pipeline.operations.canary import ask_canary

    output: Output = context.obj
    record = ask_canary(read_settings(output.config))
    if not output.print_json(record):
        for model, cosine in record.canary.items():
            output.print_line(f"[green]The same:[/] the {model} model, least cosine {cosine:.4f}")
