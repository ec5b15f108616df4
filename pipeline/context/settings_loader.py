"""Loads `vouch.yaml`, and refuses what cannot work before any work is done."""

import difflib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

from vouch.parsers.registry import refused_engine
from vouch.pipeline.context.settings_places import (
    WRITTEN,
    check_places,
    places_of,
    require_writable,
)
from vouch.pipeline.context.text_files import read_text
from vouch.schemas.documents.ids import sha256_text
from vouch.schemas.errors import SettingsError, SourceRefused
from vouch.schemas.process.environment import keep_secrets
from vouch.schemas.settings.choices import Engine
from vouch.schemas.settings.sources import FilesSource
from vouch.schemas.settings.vouch_yaml import Settings
from vouch.schemas.settings.yaml_reader import KeyPath, SettingsText
from vouch.sources.registry import check_source
from vouch.storage.location import Location
from vouch.storage.places import is_object_store, location_of
from vouch.validators.retrieval.golden_queries import check_profiles, load_golden

_MAX_MB = 10.0  # of settings
_MAX_NAME = 300  # characters of a message
_MAX_PROBLEM = 1500
_MAKE_GOLDEN = (
    "; `vouch golden add` makes it once something is published, until then an empty file will do"
)


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The settings, the folder that their paths count from, and the hash that a run records.

    `golden` is the text of the golden query file, where the settings name one; `places` says, by
    key, in which line the settings name a place. `main` are those of the index, where these are of
    a shadow.
    """

    settings: Settings
    folder: Path
    sha256: str
    golden: str | None = field(repr=False)
    places: Mapping[str, str] = field(default_factory=dict, repr=False)
    main: Settings | None = field(default=None, repr=False)

    def with_limits(self, max_documents: int | None, max_tokens: int | None) -> "SettingsFile":
        """Return the settings with the limits of one run, where it was given any."""
        limits = {"max_documents": max_documents, "max_tokens": max_tokens}
        run = self.settings.run.model_copy(
            update={name: value for name, value in limits.items() if value is not None}
        )
        return replace(self, settings=self.settings.model_copy(update={"run": run}))

    def of_shadow(self, name: str) -> "SettingsFile":
        """Return the settings with those of a shadow in place of their own.

        Raises `SettingsError` where they have no shadow of this name.
        """
        shadow = self.settings.shadows.get(name)
        if shadow is None:
            there = ", ".join(self.settings.shadows) or "none"
            raise SettingsError(
                f"vouch.yaml has no shadow {name[:_MAX_NAME]!r}; there are: {there}. Add it under "
                "`shadows:`, with the `embedding` or `chunking` that it is to have"
            )
        given = {key: getattr(shadow, key) for key in type(shadow).model_fields}
        update = {key: value for key, value in given.items() if value is not None}
        settings = self.settings.model_copy(update=update)
        return replace(self, settings=settings, main=self.settings)

    def with_device(self, device: str | None) -> "SettingsFile":
        """Return the settings with the device of one run, where it was given any."""
        if device is None:
            return self
        embedding = self.settings.embedding.model_copy(update={"device": device})
        settings = self.settings.model_copy(update={"embedding": embedding})
        return replace(self, settings=settings)

    def golden_or(self, given: str | None) -> str:
        """Return the golden queries given, else those of the settings.

        Raises `SettingsError` where there are neither.
        """
        text = given if given is not None else self.golden
        if text is None:
            raise SettingsError(
                "there are no golden queries: name a file, or set retrieval.golden in vouch.yaml"
            )
        return text

    @property
    def index_location(self) -> Location:
        """Where the tables are."""
        return self.location(self.settings.index.path)

    @property
    def work_location(self) -> Location:
        """Where staged shards and messages that wait for delivery are."""
        return self.location(self.settings.run.work_path)

    @property
    def report_location(self) -> Location:
        """Where reports are written."""
        return self.location(self.settings.run.report_path)

    def location(self, place: str, folder: Path | None = None) -> Location:
        """Return the location that a path or URL names.

        A relative path counts from `folder`, by default from that of the settings.
        """
        options = self.settings.storage.filled() if is_object_store(place) else {}
        return location_of(place, options, folder or self.folder)

    @property
    def urls(self) -> dict[str, str]:
        """Paths or URLs of what stays, for records: they contain no option."""
        return {
            "index": self.index_location.url,
            "staging": self.work_location.url,
            "reports": self.report_location.url,
        }

    @property
    def local_folders(self) -> dict[str, Path]:
        """The folders of this machine that a run writes to, by what they are."""
        places = {
            "the index": self.index_location,
            "the work folder": self.work_location,
            "the folder of reports": self.report_location,
        }
        local = {role: place.local_path for role, place in places.items() if place.is_local}
        return local | {"the temporary folder": Path(tempfile.gettempdir())}

    def refuse_unwritable(self) -> None:
        """Raise `StorageError` where a run could not write to a bucket that the settings name."""
        written = (self.index_location, self.work_location, self.report_location)
        for key, place in zip(WRITTEN, written, strict=True):
            require_writable(place, self.places.get(key, key))

    def link(self, report: str) -> str:
        """Return the URL of a report: below `run.report_url` where that is set, else of the file or
        object itself.
        """
        place, folder = self.location(report), self.report_location
        base, below = self.settings.run.report_url, place.url.removeprefix(f"{folder.url}/")
        if base is None or below == place.url:
            return place.link
        return f"{base.rstrip('/')}/{quote(below)}"


def read_settings(path: Path, *, golden_to_come: bool = False) -> SettingsFile:
    """Read and check the settings.

    Raises `SettingsError` for anything that is wrong, a source's missing folder included. A missing
    file of golden queries is wrong too, since a run would publish without the gate that the
    settings want; `golden_to_come` allows it to whoever is about to make the file.
    """
    try:
        content = read_text(path, _MAX_MB)
    except SettingsError as error:
        raise SettingsError(
            f"{error}; `vouch init` writes settings, --config names others"
        ) from error
    text = SettingsText(content, path.name)
    settings = text.settings()
    keep_secrets(settings.literal_secrets())
    folder = path.resolve().parent
    _check_engines(text, settings)
    _check_sources(text, settings, folder)
    check_places(text, settings, folder)
    file = SettingsFile(settings, folder, sha256_text(content), None, places_of(text))
    golden = _golden(file, golden_to_come)
    if settings.retrieval.require and not golden_to_come:
        _check_required(text, settings, golden)
    return replace(file, golden=golden)


def _golden(file: SettingsFile, to_come: bool) -> str | None:
    name = file.settings.retrieval.golden
    if name is None:
        return None
    try:
        text = read_text(file.location(name))
    except SettingsError as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        if missing and to_come:
            return ""
        raise SettingsError(
            f"retrieval.golden: {error}{_MAKE_GOLDEN if missing else ''}"
        ) from error
    place = f"retrieval.golden: {name[:_MAX_NAME]}"
    check_profiles(load_golden(text, place), file.settings.profiles, place)
    return text


def _check_required(text: SettingsText, settings: Settings, golden: str | None) -> None:
    """Raise `SettingsError` for a minimum score that would never be checked."""
    where = text.where(("retrieval", "require"))
    if golden is None:
        raise SettingsError(f"{where}: minimum scores need golden queries; set retrieval.golden")
    queries = load_golden(golden)
    if not queries:
        return  # nothing is published yet that they could be about
    # Imported here: few settings require scores, and this imports numpy.
    from vouch.validators.retrieval.groups import missing_group

    required, profiles = settings.retrieval.require, settings.retrieval.profiles
    if problem := missing_group(queries, required, profiles):
        place = text.where(("retrieval", "require", problem[0]))
        raise SettingsError(f"{place}: {problem[1]}")


def read_golden(path: Path) -> str:
    """Return the text of a file of golden queries. Raises `SettingsError` where it is none."""
    text = read_text(path)
    load_golden(text, str(path))
    return text


def _check_engines(text: SettingsText, settings: Settings) -> None:
    choices: list[tuple[KeyPath, Mapping[str, Engine]]] = [
        (("parsing", "engines"), settings.parsing.engines)
    ]
    choices += [
        (("sources", number, "engines"), source.engines)
        for number, source in enumerate(settings.sources)
        if isinstance(source, FilesSource)
    ]
    for location, engines in choices:
        for media_type, engine in engines.items():
            if problem := refused_engine(media_type, engine):
                raise SettingsError(f"{text.where((*location, media_type))}: {problem}")


def _check_sources(text: SettingsText, settings: Settings, folder: Path) -> None:
    for number, source in enumerate(settings.sources):
        try:
            check_source(source, folder)
        except SourceRefused as error:
            key = "url" if source.path is None else "path"
            hint = _nearest(folder / source.path) if source.path else ""
            place = text.where(("sources", number, key))
            problem = str(error)
            if len(problem) > _MAX_PROBLEM:
                problem = f"{problem[:_MAX_PROBLEM]}…"
            raise SettingsError(f"{place}: {problem}{hint}") from error


def _nearest(path: Path) -> str:
    """Return a hint at the folder beside a missing one whose name is most like it."""
    if not path.parent.is_dir():
        return ""
    near = difflib.get_close_matches(
        path.name, [entry.name for entry in path.parent.iterdir()], n=1
    )
    return f"; did you mean {path.parent / near[0]}?" if near else ""
