"""What a run is asked to do: one frozen value, which is read from the settings once and travels to
every stage.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile
from vouch.pipeline.planning.saved_plan import SavedPlan
from vouch.schemas.documents.records import Listing
from vouch.schemas.settings.vouch_yaml import Settings


@dataclass(frozen=True, slots=True)
class FlowRun:
    """The Prefect flow run that a run is part of.

    `url` is its page, empty where PREFECT_UI_URL is not set; `deployment` is empty where none
    started it. `wait_h` is how many hours it waits for a decision if it is rejected; 0: not at all.
    """

    id: str
    url: str = ""
    deployment: str = ""
    wait_h: float = 0.0


@dataclass(frozen=True, slots=True)
class RunRequest:
    """A run over `scope` with the settings of `file`. Can be pickled.

    `wait_s` is how long to wait, in seconds, for another run of the same kind. `saved_plan` is a
    plan that must still be the right one. `golden` is the text of a file of golden queries, which
    then replace those of the settings. Without `publish` the candidate stays staged beside the
    published state. `listings`, by source, are taken instead of listing those sources again: the
    windows of a backfill share one listing. `flow_run` is the one that it is part of, if any.
    `shadow` is the name of the shadow that is brought up to date instead: `file` has its settings.
    """

    file: SettingsFile
    scope: Scope = field(default_factory=Scope)
    allow_mass_delete: bool = False
    wait_s: float = 0.0
    saved_plan: SavedPlan | None = None
    golden: str | None = None
    publish: bool = True
    listings: Mapping[str, Listing] = field(default_factory=dict, repr=False)
    flow_run: FlowRun | None = None
    shadow: str = ""

    @property
    def settings(self) -> Settings:
        return self.file.settings

    @property
    def source_names(self) -> list[str]:
        """The names of the sources in scope, in the order of the settings."""
        names = [source.name for source in self.settings.sources]
        return [name for name in names if not self.scope.sources or name in self.scope.sources]
