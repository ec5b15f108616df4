"""What the Office Open XML formats share: parts, their relationships, and core properties."""

import posixpath

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.xml_tree import XmlPackage, name_of
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Metadata

_CORE_PROPERTIES = "docProps/core.xml"


class Package(XmlPackage):
    """The parts of an opened Office Open XML file, and the relationships between them."""

    def related(self, part: str, kind: str) -> list[str]:
        """Names of the parts that `part` ("" for the package) points to by relationships of a kind, such as `styles`."""
        return [
            target
            for target_kind, target in self.relationships(part).values()
            if target_kind == kind
        ]

    def relationships(self, part: str) -> dict[str, tuple[str, str]]:
        """Kind and target of each relationship inside the package, by its id."""
        folder, _, name = part.rpartition("/")
        root = self.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
        found = {}
        for one in [] if root is None else root:
            if one.get("TargetMode") != "External" and one.get("Target"):
                target = posixpath.normpath(
                    posixpath.join("/", folder, one.get("Target", ""))
                ).lstrip("/")
                found[one.get("Id", "")] = (one.get("Type", "").rpartition("/")[2], target)
        return found


def core_metadata(package: Package) -> Metadata:
    """Title, author, language and dates of an Office Open XML file; what is missing or damaged is None."""
    values = _core_values(package)
    extra = tuple(
        (name, values[name])
        for name in ("subject", "keywords", "category", "description")
        if values.get(name)
    )
    return Metadata(
        title=values.get("title") or None,
        author=values.get("creator") or None,
        language=values.get("language") or None,
        created=parse_time(values.get("created", "")),
        modified=parse_time(values.get("modified", "")),
        extra=extra,
    )


def _core_values(package: Package) -> dict[str, str]:
    parts = [*package.related("", "core-properties"), _CORE_PROPERTIES]
    try:
        root = package.xml(parts[0])
    except DocumentRejected:
        return {}
    if root is None:
        return {}
    return {name_of(element): one_line(element.text or "") for element in root}
