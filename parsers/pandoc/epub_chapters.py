"""Make an EPUB that pandoc can read of one that it refuses as a whole for a single chapter.

pandoc finds chapters only where the package names them to the letter, and reads UTF-8 only.
"""

import posixpath
import re
import zipfile
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from lxml import etree

from vouch.parsers.common.text.encoding import decode, is_binary
from vouch.parsers.common.xml.tree import Xml, name_of, parse_xml
from vouch.parsers.common.zip_safety import damaged_members, open_zip, read_member, repacked
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_DECLARATION = re.compile(rb"""\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)[^>]*\?>""")
_END = re.compile(rb"</(?:[\w.-]+:)?(?:html|body)\s*>", re.IGNORECASE)
_HEAD = 1000  # bytes, in which a declaration is
_TAIL = 4096  # bytes, in which the end of a page is
# What fonts are obscured by; they are no texts.
_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")


def readable_epub(data: bytes) -> tuple[bytes, dict[str, DocumentRejected]]:
    """Return a book of the chapters that can be read, and what is wrong with the others by name.

    The book is returned as it is where nothing is wrong. Raises `DocumentRejected` where the
    package cannot be read, or no chapter: malformed, unsafe or encrypted.
    """
    with open_zip(data) as archive:
        damaged = damaged_members(archive)
        book = _Book(archive, damaged)
        package = book.package()
        chapters = book.chapters(package)
        if chapters and not any(chapter.name for chapter in chapters):
            raise next(iter(book.lost.values()))
        is_sound = not (damaged or book.lost or book.rewritten)
        if is_sound and all(chapter.is_named_exactly for chapter in chapters):
            return data, book.cut_off
        for chapter in chapters:
            if chapter.name:
                name = chapter.name.replace("%", "_")  # pandoc decodes it more than once
                if name != chapter.name and name not in archive.namelist():
                    book.rewritten.setdefault(
                        name, read_member(archive, archive.getinfo(chapter.name))
                    )
                chapter.item.set("href", quote(name))
            else:
                chapter.reference.getparent().remove(chapter.reference)
        items = {chapter.item for chapter in chapters}
        # At the top, every member is at its own path; elsewhere pandoc resolves no `..`.
        for item in package.iter("{*}item"):
            if item not in items:
                item.set("href", quote(book.path_of(item.get("href", ""))))
        written = {
            **book.rewritten,
            "content.opf": etree.tostring(package),
            _CONTAINER: _container("content.opf"),
        }
        lost = damaged | book.lost
        left_out = tuple(name for name in lost if name not in written)
        return repacked(archive, written, left_out), lost | book.cut_off


@dataclass(frozen=True, slots=True)
class _Chapter:
    """A chapter of the spine: its name is "" where it cannot be read."""

    reference: Xml
    item: Xml
    name: str
    is_named_exactly: bool


@dataclass(slots=True)
class _Book:
    """The parts of a book. `lost` are the chapters that cannot be read, by their names.

    `cut_off` are those that are read up to a cut, `rewritten` those in another form.
    """

    archive: zipfile.ZipFile
    damaged: dict[str, DocumentRejected]
    folder: str = ""
    names: dict[str, str] = field(init=False)
    lost: dict[str, DocumentRejected] = field(default_factory=dict)
    cut_off: dict[str, DocumentRejected] = field(default_factory=dict)
    rewritten: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = self.archive.namelist()
        self.names = {name.lower(): name for name in names} | {name: name for name in names}

    def package(self) -> Xml:
        """Return the package document."""
        container = self._xml(_CONTAINER)
        path = next((node.get("full-path", "") for node in container.iter("{*}rootfile")), "")
        name = self._member(path) or path
        self.folder = posixpath.dirname(name)
        return self._xml(name)

    def chapters(self, package: Xml) -> list[_Chapter]:
        """Return the chapters in reading order."""
        items = {item.get("id", ""): item for item in package.iter("{*}item")}
        encrypted = self._encrypted()
        chapters = []
        for reference in list(package.iter("{*}itemref")):
            item = items.get(reference.get("idref", ""))
            if item is None:
                continue
            written = item.get("href", "")
            path = self.path_of(written)
            name = self._member(path)
            is_exact = name == posixpath.join(self.folder, unquote(written.removeprefix("./")))
            problem = self._problem(name, path, encrypted)
            if problem is not None:
                self.lost[name or path] = problem
            chapters.append(_Chapter(reference, item, "" if problem else name, is_exact))
        return chapters

    def path_of(self, href: str) -> str:
        """Return the path of a member to which the package refers."""
        path = unquote(href.partition("#")[0])
        return posixpath.normpath(posixpath.join("/", self.folder, path)).lstrip("/")

    def _problem(self, name: str, path: str, encrypted: set[str]) -> DocumentRejected | None:
        """Return why a chapter cannot be read, None where it can; rewrite other encodings."""
        if not name:
            message = f"the chapter {path}, which the book lists, is missing"
            return DocumentRejected(Reason.MALFORMED, message)
        if name in encrypted:
            message = (
                f"the chapter {name} is encrypted by rights management; remove it and try again"
            )
            return DocumentRejected(Reason.ENCRYPTED, message)
        if name in self.damaged:
            return self.damaged[name]
        content = read_member(self.archive, self.archive.getinfo(name))
        if b"<html" in content and not _END.search(content[-_TAIL:]):
            message = f"the chapter {name} is cut off; what is before the cut is read"
            self.cut_off[name] = DocumentRejected(Reason.MALFORMED, message)
        try:
            content.decode()
            return None
        except UnicodeDecodeError:
            pass
        declared = _DECLARATION.match(content[:_HEAD])
        try:
            text = decode(content, declared[1].decode() if declared else None)
        except DocumentRejected as rejected:
            return DocumentRejected(rejected.reason, f"the chapter {name}: {rejected.message}")
        if is_binary(text):
            return DocumentRejected(Reason.MALFORMED, f"the chapter {name} is no text")
        head, end, body = text[:_HEAD].partition("?>")
        self.rewritten[name] = (body + text[_HEAD:] if end and "<?xml" in head else text).encode()
        return None

    def _encrypted(self) -> set[str]:
        """Return the members that are encrypted, other than fonts that are only obscured."""
        try:
            root = self._xml(_ENCRYPTION)
        except DocumentRejected:  # missing in most books; a damaged one must not cost the text
            return set()
        encrypted = set()
        for node in root.iter("{*}EncryptedData"):
            methods = (
                part.get("Algorithm", "") for part in node if name_of(part) == "EncryptionMethod"
            )
            if not any(method in _OBFUSCATION for method in methods):
                paths = (part.get("URI", "") for part in node.iter("{*}CipherReference"))
                encrypted |= {self._member(unquote(path).lstrip("/")) for path in paths}
        return encrypted

    def _member(self, path: str) -> str:
        """Return the name of a member, which may differ in case or be percent-encoded itself."""
        spellings = (path, path.lower(), quote(path).lower())
        return next((self.names[name] for name in spellings if name in self.names), "")

    def _xml(self, name: str) -> Xml:
        if name in self.damaged:
            raise self.damaged[name]
        if name not in self.names:
            raise DocumentRejected(Reason.MALFORMED, f"the book has no part {name or 'package'}")
        return parse_xml(
            read_member(self.archive, self.archive.getinfo(name)), f"the part {name} of the book"
        )


def _container(path: str) -> bytes:
    return (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        f'<rootfiles><rootfile full-path="{path}" media-type="application/oebps-package+xml"/>'
        "</rootfiles></container>"
    ).encode()
