"""What a run says in its log, each line with its run: in Prefect's pages lines of several runs stand together."""

from prefect import get_run_logger

from vouch.index.store.staging import ShardSummary
from vouch.pipeline.context.run_context import Run
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.plan import Plan
from vouch.reports.words import headline, plain, sentence
from vouch.schemas.run import RunRecord


def log_plan(run: Run, plan: Plan) -> None:
    """What is to be done."""
    counts = (
        ", ".join(f"{count:,} {action}" for action, count in plan.counts.items()) or "no documents"
    )
    get_run_logger().info("run %s: planned %s", run.run_id, counts)


def log_shard(run: Run, name: str, documents: int, made: ShardSummary) -> None:
    """What came of a shard."""
    told = f"{documents:,} documents, {made.produced:,} chunks, {made.refused:,} of them refused"
    get_run_logger().info(
        "run %s, %s: %s; %s vectors computed", run.run_id, name, told, f"{made.vectors_computed:,}"
    )


def log_end(file: SettingsFile, record: RunRecord) -> None:
    """How it came out, and why."""
    log = get_run_logger()
    for check in record.failed_checks:
        log.warning("run %s: %s: %s", record.run_id, check.name, plain(check.message))
    log.info("run %s: %s. %s", record.run_id, headline(record), plain(sentence(record)))
    log.info("run %s: its report is %s", record.run_id, file.link(str(record.report)))
