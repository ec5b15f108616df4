"""Publishes a shadow: its model and chunking become those of the index, in one step.

1. The published chunks are copied beside the shadow `previous`.
2. A run of kind `reindex` makes all chunks with the shadow's settings, with the vectors that the
   shadow has, through the ordinary audit, and publishes them.
3. vouch.yaml is changed, what was copied becomes the shadow `previous`, and the shadow's own data
   are removed: they are the index's now.

Cut short, the next attempt continues: readers see the state before or after, and until vouch.yaml
names the published model, the gate rejects whatever another run would publish.
"""

import difflib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from vouch.index.publishing.publish import finish
from vouch.index.publishing.versions import published_state
from vouch.index.shadows.shadow import Shadow, ShadowState, difference
from vouch.index.store.generations import newest
from vouch.index.store.publication_columns import now
from vouch.index.store.run_log import newest_published
from vouch.index.store.tables import Tables, rows
from vouch.pipeline.backfill import RunOne
from vouch.pipeline.context.scope import Scope
from vouch.pipeline.context.settings_loader import SettingsFile, read_settings
from vouch.pipeline.context.text_files import read_text, write_text
from vouch.pipeline.operations.operation_record import locks_of
from vouch.pipeline.planning.dry_run import dry_run
from vouch.pipeline.run_request import RunRequest
from vouch.pipeline.shadows.needs import Needs, needs
from vouch.pipeline.shadows.switched_settings import PREVIOUS, switched
from vouch.pipeline.shadows.update import KIND, published_listings
from vouch.schemas.boundary import Boundary, crossing
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.documents.records import Fingerprints
from vouch.schemas.errors import IndexError_, SettingsError
from vouch.schemas.process.environment import mask_secrets
from vouch.schemas.runs.record import RunRecord
from vouch.schemas.settings.yaml_reader import SettingsText


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch is to do. Making one changes nothing.

    Attributes:
        name: The shadow.
        config: The settings file.
        file: Its settings.
        after: The settings after the switch.
        text: Its text now, and `new_text` after it: the same where it names the shadow's model
            already.
        state: What the shadow holds.
        prints: The fingerprints of the settings after the switch.
        behind: Documents whose texts are not in the shadow as they are published; what is new of
            them is embedded.
        needs: What it takes.
    """

    name: str
    config: Path
    file: SettingsFile
    after: SettingsFile
    text: str
    new_text: str
    state: ShadowState
    prints: Fingerprints
    behind: int
    needs: Needs

    @property
    def settings_change(self) -> str:
        """The lines of vouch.yaml that change, as a diff; empty where none do."""
        before, after = (text.splitlines(keepends=True) for text in (self.text, self.new_text))
        name = self.config.name
        lines = difflib.unified_diff(before, after, f"{name} (now)", f"{name} (after)")
        return mask_secrets("".join(lines))


def plan_switch(config: Path, name: str) -> Switch:
    """Return what publishing a shadow takes.

    Raises `SettingsError` where neither the settings nor the index have the shadow, `IndexError_`
    where it was not made as a whole.
    """
    file, text = read_settings(config), read_text(config)
    shadow, state = _complete_shadow(file, name)
    new_text, after = text, file
    if name in file.settings.shadows:
        after = file.of_shadow(name)
        new_text = switched(text, name, file.settings, after.settings)
        settings = SettingsText(new_text, config.name).settings()
        after = replace(file, settings=settings, sha256=sha256_text(new_text))
    tables = Tables.open(file.index_location)
    preview = dry_run(after, _scope(), published_listings(tables))
    prints = preview.fingerprints
    if state.embedding_fingerprint != prints.embedding or state.chunk_fingerprint != prints.chunk:
        raise SettingsError(
            f"shadow {name} was made with other settings than those that vouch.yaml has for it "
            f"({state.model}); `vouch reindex --shadow {name}` brings it up to date"
        )
    differs = difference(tables, shadow.tables(state), prints.embedding, prints.chunk)
    takes = needs(file, tables, preview.estimate, state.dimension)
    copied = int(dict(tables.chunks.stats())["total_bytes"])  # type: ignore[call-overload]
    takes = replace(takes, passes=takes.passes + copied)
    return Switch(name, config, file, after, text, new_text, state, prints, differs.count, takes)


def _scope() -> Scope:
    return Scope("reindex", from_index=True)


def _complete_shadow(file: SettingsFile, name: str) -> tuple[Shadow, ShadowState]:
    shadow = Shadow.of(file.index_location, name)
    state = shadow.state()
    if state is None and name not in file.settings.shadows:
        file.of_shadow(name)  # says which there are
    if state is None or not state.complete:
        raise IndexError_(
            f"shadow {name} has not been made yet; `vouch reindex --shadow {name} --plan` says "
            f"what that takes, `vouch reindex --shadow {name}` makes it"
        )
    return shadow, state


def _is_published(plan: Switch) -> bool:
    """Return whether an attempt that was cut short has published the shadow's state."""
    state, prints = published_state(Tables.open(plan.file.index_location)), plan.prints
    current = {"embedding_fingerprint": prints.embedding, "chunk_fingerprint": prints.chunk}
    published = rows(state.documents, [*current], "status = 'published'").to_pylist()
    return any(row == current for row in published)


def switch(
    run_one: RunOne, plan: Switch, *, write_settings: bool, wait_s: float = 0.0
) -> RunRecord | None:
    """Publish a shadow, and return the record of the run; None where that was done already.

    With `write_settings`, vouch.yaml is changed when it is published. Raises `RunRejected` where
    the audit rejects it: readers see what they saw then. `SettingsError` where vouch.yaml cannot be
    written, before anything is done.
    """
    if write_settings and plan.settings_change and not os.access(plan.config, os.W_OK):
        raise SettingsError(
            f"{plan.config} cannot be written; run `vouch switch {plan.name} --keep-settings`, "
            "which shows the lines to change"
        )
    locks = locks_of(plan.file)
    with locks.kind(KIND, wait_s):
        with locks.publisher():  # what an attempt that was cut short had begun
            finish(Tables.open(plan.file.index_location), plan.after.settings, locks.require)
        record = None if _is_published(plan) else _publish(run_one, plan, wait_s)
        with crossing(Boundary.WRITE_SETTINGS):
            if write_settings and plan.settings_change:
                # In place: it keeps its owner and mode, and may be a link or mounted by itself.
                write_text(plan.config, plan.new_text)
        Shadow.of(plan.file.index_location, PREVIOUS).replace_by_next()
        if plan.name != PREVIOUS:
            Shadow.of(plan.file.index_location, plan.name).remove()
    return record


def _publish(run_one: RunOne, plan: Switch, wait_s: float) -> RunRecord:
    plan.needs.refuse_lack_of_room(f"the chunks of shadow {plan.name}")
    with crossing(Boundary.COPY_PUBLISHED):
        _copy_published(plan.file)
    # Its own shadows are not brought up to date now: one of them is what is being published.
    settings = plan.after.settings.model_copy(update={"shadows": {}})
    # The copy stays where this is rejected: a person may approve it, and then finish the switch.
    return run_one(RunRequest(replace(plan.after, settings=settings), _scope(), wait_s=wait_s))


def _copy_published(file: SettingsFile) -> None:
    """Copy what is published beside the shadow `previous`."""
    tables = published_state(Tables.open(file.index_location))
    published = newest_published(tables)
    fingerprint, settings = newest(tables)
    row = tables.documents.search().where("status = 'published'").limit(1)
    chunk = row.select(["chunk_fingerprint"]).to_list()[0]["chunk_fingerprint"]
    state = ShadowState(
        data="",
        embedding_fingerprint=fingerprint,
        chunk_fingerprint=chunk,
        model=settings.model,
        dimension=tables.dimension,
        complete=True,
        up_to_run=published.run_id if published else "",
        updated_at=now(),
    )
    Shadow.of(file.index_location, PREVIOUS).copy_published(tables, state)
