"""Makes the rows of damaged documents again: from the kept text, or, where that is damaged itself, from the source."""

from pathlib import Path

from prefect import flow

from vouch.flows.flow_options import POLICY
from vouch.flows.tasks import run_pipeline
from vouch.index.lineage.checks import Repair
from vouch.index.lineage.health_checks import Finding
from vouch.index.lineage.impact import roots_of
from vouch.index.store.tables import Tables
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.lifecycle import Options
from vouch.pipeline.operations.doctor import Diagnosis, diagnose
from vouch.pipeline.operations.doctor import repair as mend
from vouch.schemas.choices import Redo


@flow(name="repair", **POLICY)
def repair(config: str = "vouch.yaml") -> Diagnosis:
    """Mend all that can be mended; returns what is left. Vectors that are sound are kept, and their texts not embedded."""
    file = read_settings(Path(config))
    left = mend(file)
    for way, redo in ((Repair.REREAD, Redo.PARSE), (Repair.REMAKE, Redo.CHUNK)):
        _again(file, left.findings, way, redo)
    return diagnose(file)


def _again(file: SettingsFile, findings: tuple[Finding, ...], way: Repair, redo: Redo) -> None:
    damaged = {
        identity for finding in findings if finding.repair is way for identity in finding.documents
    }
    if damaged:
        roots = frozenset(roots_of(Tables.open(file.index_folder), damaged))
        scope = Scope("repair", redo=redo, from_index=redo is not Redo.PARSE, documents=roots)
        run_pipeline(file, scope, Options())
