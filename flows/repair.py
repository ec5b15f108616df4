"""Makes the rows of damaged documents again: from the kept text, or, where that is damaged itself, from the source."""

from pathlib import Path

from prefect import flow

from flows.begin import Options
from flows.doctor import Diagnosis, diagnose
from flows.doctor import repair as mend
from flows.flow_policy import POLICY
from flows.pipeline import run_pipeline
from flows.scope import Scope
from flows.settings_file import SettingsFile, read_settings
from index.doctor import Finding, Repair
from index.impact import roots_of
from index.tables import Tables
from schemas.choices import Redo


@flow(name="repair", **POLICY)
def repair(config: str = "vouch.yaml") -> Diagnosis:
    """Mend all that can be mended; returns what is left. Vectors that are sound are kept, and their texts not embedded."""
    file = read_settings(Path(config))
    left = mend(file)
    for way, redo in ((Repair.REREAD, Redo.PARSE), (Repair.REMAKE, Redo.CHUNK)):
        _again(file, left.findings, way, redo)
    return diagnose(file)


def _again(file: SettingsFile, findings: tuple[Finding, ...], way: Repair, redo: Redo) -> None:
    damaged = {identity for finding in findings if finding.repair is way for identity in finding.documents}
    if damaged:
        roots = frozenset(roots_of(Tables.open(file.index_folder), damaged))
        scope = Scope("repair", redo=redo, from_index=redo is not Redo.PARSE, documents=roots)
        run_pipeline(file, scope, Options())
