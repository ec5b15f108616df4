"""Golden queries on the published index alone, recorded as a run of their own, so that their trend
shows.
"""

from pathlib import Path

from prefect import flow
from prefect.artifacts import create_markdown_artifact

from vouch.flows.artifacts import publish_artifacts
from vouch.flows.flow_options import OPTIONS
from vouch.flows.parameters import Config, Golden
from vouch.pipeline.context.settings_loader import read_golden, read_settings
from vouch.pipeline.operations.retrieval_evaluation import evaluate_published
from vouch.schemas.runs.record import RunRecord


@flow(name="evaluate", **OPTIONS)
def evaluate(config: Config = "vouch.yaml", golden: Golden | None = None) -> RunRecord:
    """Score the published index on the golden queries of the settings, or of the file `golden`;
    returns the run's record.
    """
    file = read_settings(Path(config))
    record = evaluate_published(file, read_golden(Path(golden)) if golden else None)
    figures = "\n".join(f"| {name} | {value:.3f} |" for name, value in record.metrics.items())
    create_markdown_artifact(f"| figure | |\n|---|---:|\n{figures}", key="vouch-evaluation")
    publish_artifacts(file, record)
    return record
