"""Read what the Office Open XML formats share: parts, their relationships, and core properties.

The container is the Open Packaging Conventions of ISO/IEC 29500-2.
"""

import posixpath
import zipfile

from vouch.parsers.common.builder import DocumentBuilder
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.text.clean import one_line
from vouch.parsers.common.xml.tree import Xml, XmlPackage, name_of
from vouch.schemas.documents.records import Metadata
from vouch.schemas.documents.value_types import listed

_CORE_PROPERTIES = "docProps/core.xml"
_EXTRA_PROPERTIES = ("subject", "keywords", "category", "description")


class Package(XmlPackage):
    """The parts of an opened Office Open XML file, and the relationships between them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(archive)
        self._read: dict[str, list[Xml]] = {}  # relationships by part

    def related(self, part: str, *kinds: str) -> list[str]:
        """Return the names of the parts that `part` refers to by kinds such as `styles`.

        The package itself is the part "".
        """
        return [
            target
            for target_kind, target in self.relationships(part).values()
            if target_kind in kinds
        ]

    def relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Return kind and target of each relationship of a part by id, without external ones."""
        folder = part.rpartition("/")[0]
        links = {}
        for node in self._relationships(part):
            if node.get("TargetMode") != "External":
                # Relative to the folder of the part, or it starts at the root of the package.
                target = posixpath.normpath(posixpath.join("/", folder, node.get("Target", "")))
                kind = node.get("Type", "").rpartition("/")[2]
                links[node.get("Id", "")] = (kind, target.lstrip("/"))
        return links

    def external_targets(self, part: str) -> dict[str, str]:
        """Return the addresses that a part refers to by id, such as those of hyperlinks."""
        return {
            node.get("Id", ""): node.get("Target", "")
            for node in self._relationships(part)
            if node.get("TargetMode") == "External"
        }

    def _relationships(self, part: str) -> list[Xml]:
        if part not in self._read:
            folder, _, name = part.rpartition("/")
            relations = posixpath.join(folder, "_rels", f"{name}.rels")
            # A part that refers to no other has none.
            root = self.beside(relations) if self.has(relations) else None
            nodes = [] if root is None else root
            self._read[part] = [node for node in nodes if node.get("Target")]
        return self._read[part]


def add_damage(builder: DocumentBuilder, package: XmlPackage) -> None:
    """Name the damaged parts of a package."""
    for part, rejected in package.damaged.items():
        builder.damaged_part(part, rejected.message, rejected.reason)


def core_metadata(package: Package) -> Metadata:
    """Return title, author, language and dates; missing or damaged values are None."""
    values = _core_values(package)
    return Metadata(
        title=values.get("title") or None,
        author=values.get("creator") or None,
        language=values.get("language") or None,
        created=parse_time(values.get("created", "")),
        modified=parse_time(values.get("modified", "")),
        extra=tuple(
            (name, listed(values[name]) if name == "keywords" else values[name])
            for name in _EXTRA_PROPERTIES
            if values.get(name)
        ),
    )


def _core_values(package: Package) -> dict[str, str]:
    part = next(iter(package.related("", "core-properties")), _CORE_PROPERTIES)
    root = package.beside(part) if package.has(part) else None
    if root is None:
        return {}
    return {name_of(node): one_line(node.text or "") for node in root}
