"""The XML family under attack: nothing is loaded, nothing grows, and what does neither is read.

The same rule holds for a single file, for every part of a package, and for what a library reads
by itself (calamine, python-pptx, pandoc).
"""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.binary_files import zipped
from tests.parsers.office.opendocument_writer import NAMESPACES
from tests.parsers.package_writers import PACKAGE_WRITERS
from vouch.parsers.common.xml.tree import parse_xml
from vouch.parsers.registry import parse
from vouch.schemas.documents.records import Reason
from vouch.schemas.errors import DocumentRejected

Write = Callable[[str, str], bytes]
"""Writes a document type, which may be empty, and a text."""
_DECLARATION = re.compile(r"\s*<\?xml[^>]*>\s*")
SAFE_WORDS = "Company of forty bar"
_WORD = "QzWordzQ"  # stands for the text in a package that is written without a document type


def _single(root: str, body: str) -> Write:
    """Return a writer of one XML file, in whose `body` the text comes at `%s`."""
    return lambda subset, text: f"{_doctype(root, subset)}{body % text}".encode()


def _doctype(root: str, subset: str, identity: str = "") -> str:
    return f"<!DOCTYPE {root} {identity}[{subset}]>" if subset else ""


def _packed(kind: str, part: str) -> Write:
    """Return a writer of a package, with the document type in the part that holds the text."""

    def write(subset: str, text: str) -> bytes:
        with zipfile.ZipFile(io.BytesIO(PACKAGE_WRITERS[kind]([_WORD]))) as archive:
            members: dict[str, str | bytes] = {
                name: archive.read(name) for name in archive.namelist()
            }
        content = members[part]
        assert isinstance(content, bytes)
        xml = _DECLARATION.sub("", content.decode()).replace(_WORD, text)
        root = xml.partition(" ")[0].removeprefix("<")
        members[part] = _doctype(root, subset) + xml
        return zipped(members)

    return write


FORMATS: dict[str, Write] = {
    "a.xml": _single("r", "<r><p>%s</p></r>"),
    "a.rss": _single("rss", "<rss><channel><title>T</title><item><title>%s</title></item></channel></rss>"),
    "a.svg": _single("svg", '<svg xmlns="http://www.w3.org/2000/svg"><text>%s</text></svg>'),
    "a.opml": _single("opml", '<opml version="2.0"><body><outline text="T">%s</outline><outline text="Company of forty bar"/></body></opml>'),
    "a.fb2": _single("FictionBook", "<FictionBook><body><section><p>%s</p></section></body></FictionBook>"),
    "a.docbook": _single("article", "<article><title>T</title><para>%s</para></article>"),
    "a.xhtml": _single("html", '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>%s</p></body></html>'),
    "a.html": _single("html", "<html><body><p>%s</p></body></html>"),
    "a.fods": _single("office:document", f'<office:document {NAMESPACES} office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:body><office:spreadsheet><table:table table:name="A"><table:table-row><table:table-cell><text:p>%s</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document>'),
    "a.fodt": _single("office:document", f'<office:document {NAMESPACES} office:mimetype="application/vnd.oasis.opendocument.text"><office:styles/><office:body><office:text><text:p>%s</text:p></office:text></office:body></office:document>'),
    "a.docx": _packed("docx", "word/document.xml"),
    "a.pptx": _packed("pptx", "ppt/slides/slide1.xml"),
    "a.xlsx": _packed("xlsx", "xl/worksheets/sheet1.xml"),
    "a.odt": _packed("odt", "content.xml"),
    "a.ods": _packed("ods", "content.xml"),
    "a.odp": _packed("odp", "content.xml"),
    "a.epub": _packed("epub", "a.xhtml"),
}  # fmt: skip
_LAUGHS = '<!ENTITY l0 "lol lol lol ">' + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9)
)
HARMLESS = {
    "empty": (" ", SAFE_WORDS),
    "entity that nothing uses": ('<!ENTITY x "y">', SAFE_WORDS),
    "file that nothing uses": ('<!ENTITY x SYSTEM "file:///etc/passwd">', SAFE_WORDS),
    "parameter entity that nothing uses": ('<!ENTITY % x PUBLIC "-//A" "http://a/x.ent">', SAFE_WORDS),
    "picture": ('<!NOTATION gif SYSTEM "v"><!ENTITY x SYSTEM "a.gif" NDATA gif>', SAFE_WORDS),
    "comment": ("<!-- ]> <!ENTITY % x SYSTEM 'y'> -->", SAFE_WORDS),
    "element": ('<!ELEMENT x (#PCDATA)><!ATTLIST x y CDATA "]>">', SAFE_WORDS),
    "entity": ('<!ENTITY co "Company">', "&co; of forty bar"),
    "entity of entities": ('<!ENTITY b "forty bar"><!ENTITY co "Company of &b;">', "&co;"),
    "characters": ('<!ENTITY sp "&#32;">', "Company&sp;of&sp;forty&#x20;bar"),
}  # fmt: skip
HOSTILE = {
    "file": ('<!ENTITY x SYSTEM "file:///etc/passwd">', "a &x; b"),
    "file by a public name": ('<!ENTITY x PUBLIC "-//A" "/etc/passwd">', "a &x; b"),
    "server": ('<!ENTITY x SYSTEM "http://127.0.0.1:9/x">', "a &x; b"),
    "file in an entity": ('<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;">', "a &y; b"),
    "declarations of another file": ('<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;', "a"),
    "billion laughs": (_LAUGHS, "&l8;"),
    "fewer laughs": (_LAUGHS, "&l4;"),
    "large entity often": (f'<!ENTITY x "{"long " * 4000}">', "&x;" * 400),
    "circle": ('<!ENTITY x "&y;"><!ENTITY y "&x;">', "a &x; b"),
    "circle of one": ('<!ENTITY x "a&x;">', "&x;"),
}


@pytest.mark.parametrize("case", HARMLESS)
@pytest.mark.parametrize("name", FORMATS)
def test_declarations_that_load_nothing_are_no_reason_to_reject(name: str, case: str) -> None:
    subset, text = HARMLESS[case]
    read = parse(FORMATS[name](subset, text), name).text
    assert SAFE_WORDS in read
    assert "]>" not in read


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("name", FORMATS)
def test_what_loads_or_grows_is_unsafe(name: str, case: str) -> None:
    with pytest.raises(DocumentRejected) as raised:
        parse(FORMATS[name](*HOSTILE[case]), name)
    assert raised.value.reason == Reason.UNSAFE
    assert "root:" not in raised.value.message


@pytest.mark.parametrize(
    "declaration",
    [
        '<!DOCTYPE r SYSTEM "r.dtd">',
        '<!DOCTYPE r SYSTEM "r.dtd" []>',
        '<!DOCTYPE r PUBLIC "-//OASIS//DTD X//EN" "http://127.0.0.1:9/x.dtd" [ ]>',
        '<?xml-stylesheet href="file:///etc/passwd" type="text/xsl"?>',
        "<!-- <!DOCTYPE r [<!ENTITY x 'y'>]> -->",
    ],
)
def test_document_types_and_style_sheets_elsewhere_are_not_loaded(declaration: str) -> None:
    xml = f'<?xml version="1.0"?>{declaration}<r><p>Text.</p></r>'
    assert parse(xml.encode(), "a.xml").text == "Text."


@pytest.mark.parametrize(
    "element",
    [
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="%s" parse="text"/>',
        '<image xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="%s"/>',
        '<p xml:base="%s">words</p>',
        '<object data="%s"/><script src="%s"/>',
    ],
)
@pytest.mark.parametrize("name", ["a.xml", "a.svg", "a.xhtml", "a.docbook", "a.epub", "a.odt"])
def test_files_that_elements_name_are_not_read(name: str, element: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret of the vault")
    read = parse(FORMATS[name]("", f"Text. {element.replace('%s', secret.as_uri())}"), name)
    assert "Text." in read.text
    assert "vault" not in read.text


def test_an_entity_may_hold_elements() -> None:
    subset = '<!ENTITY name "Ada &#38;lt; <b>Lovelace</b>"><!ENTITY who "by &name;,">'
    xml = f"<!DOCTYPE r [{subset}]><r a='&name;'>written &who; <i>&name;</i> and &name;</r>"
    root = parse_xml(xml.replace("a='&name;'", "").encode(), "it")
    words = "Ada < Lovelace"
    assert "".join(root.itertext()) == f"written by {words}, {words} and {words}"


_NAMES = st.sampled_from(["a", "b", "c", "nbsp"])
_TEXTS = st.lists(
    st.sampled_from(["x", "<i>y</i>", " ", "&#38;#60;", "&nbsp;"]) | _NAMES.map(lambda n: f"&{n};"),
    max_size=4,
).map("".join)
_DECLARATIONS = st.one_of(
    st.tuples(_NAMES, _TEXTS).map(lambda pair: f"<!ENTITY {pair[0]} '{pair[1]}'>"),
    _NAMES.map(lambda name: f"<!ENTITY {name} SYSTEM 'file:///etc/passwd'>"),
    _NAMES.map(lambda name: f"<!ENTITY % {name} SYSTEM 'file:///etc/passwd'>"),
    _NAMES.map(lambda name: f"%{name};"),
    st.sampled_from(["<!-- -->", "<?pi ?>", "<!ELEMENT r ANY>", "]>", "<![INCLUDE[", '"', " "]),
)


@settings(max_examples=150)
@given(
    st.lists(_DECLARATIONS, max_size=5).map("".join), _TEXTS, st.sampled_from(["", "SYSTEM 'x' "])
)
def test_any_document_type_gives_a_document_or_a_rejection(subset, text, identity) -> None:
    xml = f"<!DOCTYPE r {identity}[{subset}]><r><p>Text. {text}</p></r>"
    for name in ("a.xml", "a.html"):
        try:
            read = parse(xml.encode(), name).text
        except DocumentRejected as rejected:
            assert rejected.reason in {Reason.UNSAFE, Reason.MALFORMED}
        else:
            assert "root:" not in read
            assert len(read) < 20_000
