"""What the Office Open XML formats share: parts, their relationships, and core properties.

Elements are told apart by local name, because the strict and the transitional notation differ in namespaces only.
"""

import posixpath
import zipfile
from typing import TypeAlias

from lxml import etree

from vouch.parsers.common.clean import one_line
from vouch.parsers.common.dates import parse_time
from vouch.parsers.common.zip_safety import read_member
from vouch.schemas.errors import DocumentRejected
from vouch.schemas.records import Metadata, Reason

Xml: TypeAlias = etree._Element
_CORE_PROPERTIES = "docProps/core.xml"


class Package:
    """The parts of an opened Office file."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        # Part names are compared without case, and some writers store them with a leading or a backward slash.
        self._members = {
            one.filename.replace("\\", "/").lstrip("/").lower(): one for one in archive.infolist()
        }

    def xml(self, part: str) -> Xml | None:
        """The root of a part, None where there is no such part; raises `DocumentRejected` where it is no XML."""
        member = self._members.get(part.lower())
        if member is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        try:
            return etree.fromstring(read_member(self._archive, member), parser)
        except etree.XMLSyntaxError as error:
            raise DocumentRejected(
                Reason.MALFORMED, f"the part {part} of the file is damaged: {error}"
            ) from None

    def data(self, part: str) -> bytes:
        """The bytes of a part, none where there is no such part."""
        member = self._members.get(part.lower())
        return b"" if member is None else read_member(self._archive, member)

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


def name_of(element: Xml) -> str:
    """The local name of an element."""
    return str(element.tag).rpartition("}")[2]


def child(element: Xml | None, *path: str) -> Xml | None:
    """The first child of a local name, of its first child of the next name, and so on."""
    for name in path:
        if element is None:
            return None
        element = next((one for one in element if name_of(one) == name), None)
    return element


def attribute(element: Xml | None, name: str) -> str | None:
    """An attribute by local name."""
    if element is None:
        return None
    return next(
        (
            str(value)
            for key, value in element.attrib.items()
            if str(key).rpartition("}")[2] == name
        ),
        None,
    )


def is_on(element: Xml | None) -> bool:
    """Is a switch set? It is by standing there, unless its value says no."""
    return element is not None and attribute(element, "val") not in {"0", "false", "off", "none"}


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
    return {name_of(one): one_line(one.text or "") for one in root} if root is not None else {}
