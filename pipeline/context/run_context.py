"""A run in progress: its request, its workspace, and the shards that it has staged so far."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

from vouch.embedders.embedder import Embedder
from vouch.embedders.model_card import ModelCard
from vouch.index.store.publication_columns import Stamp
from vouch.index.store.staging import Staging
from vouch.index.store.tables import Tables
from vouch.pipeline.context.locks import Locks
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.context.stage_timer import StageTimer
from vouch.pipeline.context.workspace import Workspace
from vouch.pipeline.run_request import RunRequest
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.search_profiles import dump_profiles
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.sources.base import Source


@dataclass(frozen=True, slots=True)
class Run:
    """What every stage is given. Frozen: a stage that adds something returns a new one.

    `staging` names the shards of this run. `resumed` are those of them that an earlier run had
    finished, `created` those that this run has made or is making.
    """

    request: RunRequest
    stamp: Stamp
    locks: Locks
    workspace: Workspace
    staging: Staging
    resumed: frozenset[str] = frozenset()
    created: frozenset[str] = frozenset()

    @property
    def run_id(self) -> str:
        return self.stamp.run_id

    @property
    def file(self) -> SettingsFile:
        return self.request.file

    @property
    def settings(self) -> Settings:
        return self.request.settings

    @property
    def scope(self) -> Scope:
        return self.request.scope

    @property
    def profiles(self) -> dict[str, dict[str, object]] | None:
        """The retrieval profiles that the run publishes; None where it keeps the published ones.

        A repair is judged less strictly, so that it brings no new ones.
        """
        if self.scope.kind == "repair":
            return None
        return dump_profiles(self.settings.profiles)

    @property
    def card(self) -> ModelCard:
        return self.workspace.card

    @property
    def fingerprints(self) -> Fingerprints:
        return self.workspace.fingerprints

    @property
    def timer(self) -> StageTimer:
        return self.workspace.timer

    @property
    def tables(self) -> Tables:
        return self.workspace.tables

    @property
    def sources(self) -> dict[str, Source]:
        return self.workspace.sources

    @property
    def embedder(self) -> Embedder:
        return self.workspace.embedder

    def with_shards(self, names: Iterable[str], missing: Iterable[str]) -> "Run":
        """Return the run as made of the shards `names`, of which it is about to make the `missing`
        ones.
        """
        names, created = frozenset(names), self.created | frozenset(missing)
        self.workspace.shard_names = tuple(sorted(names))
        return replace(
            self,
            staging=self.staging.of(names),
            resumed=self.resumed | (names - created),
            created=created,
        )

    def new_record(self) -> RunRecord:
        """Return the record of a run that has just started."""
        embedding, flow_run = self.settings.embedding, self.request.flow_run
        return RunRecord(
            run_id=self.run_id,
            kind=self.scope.kind,
            started_at=self.stamp.at,
            settings_sha256=self.file.sha256,
            code_version=code_version(),
            embedding_fingerprint=self.fingerprints.embedding,
            model=f"{embedding.model}, {embedding.precision}",
            window=str(self.scope) or None,
            places=self.file.urls,
            profiles=self.profiles,
            flow_run=flow_run.id if flow_run else "",
            flow_run_url=flow_run.url if flow_run else "",
            deployment=flow_run.deployment if flow_run else "",
        )


def candidate_prefix(kind: str) -> str:
    """Return how the folders begin in which runs of this kind build a candidate to be searched."""
    return f"candidate-{kind}-"


def code_version() -> str:
    """Return the package's version and the commit; an image has no git to ask, so VOUCH_VERSION may
    state it.
    """
    package = version("vouch-pipeline")
    if declared := os.environ.get("VOUCH_VERSION"):
        return f"{package}+{declared}"
    checkout = Path(__file__).parents[2]
    if not (checkout / ".git").exists():
        return (
            package  # an installed wheel: the repository around it, if there is one, is another's
        )
    command = ["git", "-C", str(checkout), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return package
    return f"{package}+{commit.stdout.strip()}"
