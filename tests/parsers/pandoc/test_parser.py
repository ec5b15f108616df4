"""Org, ODT, EPUB and RTF read by pandoc."""

import io
import zipfile

import pytest
from lxml import etree

from tests.parsers.binary_files import table_rows, texts_of, zipped
from tests.parsers.pandoc.pandoc_documents import MEDIA_TYPES, TEXT_MEDIA_TYPES, parsed, written
from tests.parsers.proofs import links, prove
from vouch.parsers.base import Hint
from vouch.parsers.detect import detect
from vouch.parsers.pandoc import parser
from vouch.schemas.documents.records import DamagedPart, ElementType, Reason
from vouch.schemas.errors import DocumentRejected


@pytest.mark.parametrize("suffix", MEDIA_TYPES)
def test_each_format_keeps_text_structure_and_metadata(suffix: str):
    document = parsed(written(suffix), suffix)
    assert "Leave" in texts_of(document, ElementType.TITLE)
    assert "Parents get twenty weeks" in document.text
    assert "Paid in full." in document.text
    assert "https://example.org" not in document.text
    assert "x = 1" in texts_of(document, ElementType.CODE)
    assert {"- first", "  - nested", "- second"} <= set(texts_of(document, ElementType.LIST_ITEM))
    assert table_rows(document) == [["name", "age"], ["Ada", "36"]]
    if suffix != "rtf":
        metadata = document.metadata
        assert (metadata.title, metadata.author) == ("The Handbook", "Ada Lovelace")


@pytest.mark.parametrize("suffix", TEXT_MEDIA_TYPES)
def test_text_formats_keep_text_structure_and_links(suffix: str):
    data = written(suffix)
    # Found by the name, or in XML by the beginning too.
    assert detect(data, f"a.{suffix}") == TEXT_MEDIA_TYPES[suffix]
    document = parsed(data, suffix)
    prove(document)
    assert "Leave" in texts_of(document, ElementType.TITLE)
    assert "Parents get twenty weeks" in document.text
    assert "Paid in full." in document.text
    assert ("the law", "https://example.org") in links(document)
    assert "x = 1" in document.text or suffix == "latex"  # there it is in colours
    assert {"- first", "- second"} <= set(texts_of(document, ElementType.LIST_ITEM))
    if suffix not in ("opml", "textile"):  # in OPML, a table is text
        assert ["Ada", "36"] in table_rows(document)


@pytest.mark.parametrize(
    ("name", "text", "media_type"),
    [
        ("a.xml", '<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "x">', "docbook"),
        ("a.xml", '<?xml version="1.0"?>\n<book xmlns="http://docbook.org/ns/docbook">', "docbook"),
        (
            "a.xml",
            '<!-- x --><!DOCTYPE article>\n<article id="a" xmlns="http://docbook.org/ns/docbook">',
            "docbook",
        ),
        ("a.xml", '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.2//EN" "x">', "jats"),
        ("a", '<?xml version="1.0"?><opml version="2.0">', "opml"),
        ("a.xml", '<article xmlns="http://example.org">docbook.org</article>', ""),
    ],
)
def test_formats_in_xml_are_known_by_their_beginning(name: str, text: str, media_type: str):
    assert detect(text.encode(), name) == TEXT_MEDIA_TYPES.get(media_type, "application/xml")


def test_a_list_of_feeds_has_their_addresses():
    text = (
        '<?xml version="1.0" encoding="ISO-8859-1"?><opml version="2.0"><head><title>Mine</title>'
        '</head><body><outline text="Harbours"><outline text="Cr\xe4ne" type="rss" '
        'xmlUrl="https://a.org/feed?x=1&amp;y=2" /><outline text="Tide" type="rss" '
        'htmlUrl="https://b.org/" xmlUrl="https://b.org/feed"/><outline text="Plain" '
        '_note="Read this"/></outline></body></opml>'
    )
    document = parsed(text.encode("latin-1"), "opml")
    assert links(document) == [
        ("Cr\xe4ne", "https://a.org/feed?x=1&y=2"),
        ("Tide", "https://b.org/"),
    ]
    assert document.text.endswith("Plain\n\nRead this")
    assert document.metadata.title == "Mine"


def test_of_latex_commands_that_pandoc_does_not_know_keep_their_text():
    text = r"""\PassOptionsToPackage{unicode}{hyperref}
\documentclass{article}\newcommand{\known}[1]{\emph{#1}}
\geometry{margin=1in}
\begin{document}\maketitle \begin{abstract}In short.\end{abstract}
\section{Head}
\unknown{kept words} and \known{known words}.

\newpage
\heading{Other words}
\end{document}"""
    document = parsed(text.encode(), "latex")
    for words in ("In short.", "kept words", "known words", "Other words"):
        assert words in document.text
    assert r"\newpage" not in document.text
    assert "hyperref" not in document.text
    assert "margin" not in document.text


def test_what_pandoc_cannot_read_is_plain_text_and_says_so():
    document = parsed(rb"\def\a{\a\a}\a First words." + b"\n\nSecond words.", "latex")
    assert document.text.endswith("First words.\n\nSecond words.")
    assert "pandoc cannot read it" in dict(document.metadata.extra)["read_as_plain_text"]


def test_a_text_that_takes_pandoc_too_long_is_plain_text(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(parser, "_TEXT_CPU_S", 1)
    document = parsed(b"Words.\n\n" + b"[[" * 20_000, "mediawiki")
    assert document.text.startswith("Words.\n\n[[[[")
    assert "may use 1 s" in dict(document.metadata.extra)["read_as_plain_text"]


def test_xml_that_is_not_well_formed_is_malformed():
    with pytest.raises(DocumentRejected, match="malformed"):
        parsed(b"<article><para>a</article>", "docbook")


def test_org_keeps_formulas_and_drops_what_only_org_reads():
    formula = "\\begin{align}\na &= b\n\\end{align}"
    text = f"* Head\n{formula}\n\n| a | b |\n#+TBLFM: $2=1\n\n#+FILETAGS: :x:\n"
    assert parsed(text.encode(), "org").text == f"Head\n\n{formula}\n\na | b"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Backslash: \\\n\nThe crane.", "Backslash: \\\n\nThe crane."),
        ("- C:\\temp\\\n- b", "- C:\\temp\\\n- b"),
        ("| a \\ | b |\n| \\1 | \\\\ |", "a \\ | b\n\\1 | \\\\"),
        ("a \\1 b\\", "a \\1 b\\"),
        ("=\\= and ~\\~", "\\ and \\"),
        ("#+begin_src sh\nls \\\n  -a\n#+end_src", "ls \\\n  -a"),
        ("\\alpha and \\(x^2\\) and \\(y", "α and x^2 and \\(y"),
        ("a\\\\\nb", "a\nb"),
        ("\\textbf{open", "\\textbf{open"),
        ("\\begin{open\n\na \\1", "\\begin{open\n\na \\1"),
        ("\ue000 \\", "\ue000 \\"),
    ],
)
def test_a_backslash_does_not_cost_an_org_file(text: str, shown: str):
    document = parsed(f"* Head\n{text}\n".encode(), "org")
    assert document.text == f"Head\n\n{shown}"
    assert texts_of(document, ElementType.TITLE) == ["Head"]


def flat(odt: bytes) -> bytes:
    """Return an OpenDocument text as one XML file, as LibreOffice saves it."""
    with zipfile.ZipFile(io.BytesIO(odt)) as archive:
        roots = [
            etree.fromstring(archive.read(f"{part}.xml")) for part in ("meta", "styles", "content")
        ]
    names = {prefix: uri for root in roots for prefix, uri in root.nsmap.items()}
    office = names["office"]
    document = etree.Element(f"{{{office}}}document", None, names)
    document.set(f"{{{office}}}mimetype", MEDIA_TYPES["odt"])
    for root in roots:
        document.extend(list(root))
    return etree.tostring(document, xml_declaration=True, encoding="UTF-8")


def test_a_flat_opendocument_text_is_read_as_the_zipped_one():
    packed = written("odt")
    data = flat(packed)
    assert detect(data, "a.fodt") == detect(data, "a.xml") == MEDIA_TYPES["odt"]
    assert parsed(data, "odt") == parsed(packed, "odt")
    with pytest.raises(DocumentRejected, match="malformed.*flat OpenDocument"):
        parsed(data[:-20], "odt")


@pytest.mark.parametrize("suffix", ["odt", "epub"])
def test_a_truncated_file_is_malformed(suffix: str):
    with pytest.raises(DocumentRejected) as caught:
        parsed(written(suffix)[:-200], suffix)
    assert caught.value.reason == Reason.MALFORMED


def damage(data: bytes, member: str) -> bytes:
    """Flip a byte of the packed content of a member."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(member)
        place = info.header_offset + 30 + len(info.filename) + len(info.extra)
        place += info.compress_size // 2
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


def test_one_damaged_chapter_does_not_cost_the_others():
    book = written("epub", "# One\n\nFirst words.\n\n# Two\n\nSecond words.\n")
    part = "EPUB/text/ch001.xhtml"
    document = parsed(damage(book, part), "epub")
    assert "Second words." in document.text
    assert "First words." not in document.text
    assert dict(document.metadata.extra)["damaged_parts"] == (part,)


def test_a_book_with_all_chapters_or_its_list_of_them_damaged_is_malformed():
    book = written("epub", "# One\n\nWords.\n")
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        pages = [name for name in archive.namelist() if name.endswith(".xhtml")]
    for parts in (pages, ["EPUB/content.opf"]):
        broken = book
        for part in parts:
            broken = damage(broken, part)
        with pytest.raises(DocumentRejected, match=r"malformed.*is damaged"):
            parsed(broken, "epub")


def test_a_damaged_picture_does_not_cost_an_odt():
    stream = io.BytesIO(written("odt"))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("Pictures/a.png", bytes(range(200)))
    document = parsed(damage(stream.getvalue(), "Pictures/a.png"), "odt")
    assert "Parents get twenty weeks" in document.text
    assert dict(document.metadata.extra)["damaged_parts"] == ("Pictures/a.png",)


@pytest.mark.parametrize("name", ["styles.xml", "meta.xml", "settings.xml"])
@pytest.mark.parametrize("content", [b"<o:document><not closed", b"", b"\x00\x01", None])
def test_damaged_styles_and_properties_do_not_cost_an_odt(name: str, content: bytes | None):
    data = written("odt")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()} | {name: b" " * 50}
    damaged = damage(zipped(parts), name) if content is None else zipped(parts | {name: content})
    document = parsed(damaged, "odt")
    assert "Parents get twenty weeks" in document.text
    assert [part.name for part in document.damaged] == [name]


def test_a_zip_bomb_is_rejected_before_pandoc_reads_it():
    bomb = zipped({"mimetype": MEDIA_TYPES["odt"], "content.xml": b" " * 20_000_000})
    with pytest.raises(DocumentRejected) as caught:
        parsed(bomb, "odt")
    assert caught.value.reason == Reason.UNSAFE


LINKS = """[a](https://a.org/x?y=1&z=2) and [*b* c](mailto:b@c.org), [in](#part) here.

# See [d](https://d.org) {#part}

- item [e](f.html)

| g | h |
|---|---|
| i | [j k](https://j.org/) |

Noted.[^1]

[^1]: In a note: [l](https://l.org).
"""


@pytest.mark.parametrize("suffix", MEDIA_TYPES)
def test_links_are_kept_with_their_text(suffix: str):
    document = parsed(written(suffix, LINKS), suffix)
    assert sorted(links(document)) == [
        ("a", "https://a.org/x?y=1&z=2"),
        ("b c", "mailto:b@c.org"),
        ("d", "https://d.org"),
        ("e", "f.html"),
        ("j k", "https://j.org/"),
        ("l", "https://l.org"),
    ]
    prove(document)


HTML_TABLE = """<table><tr><th>A</th><th>B</th><th>C</th></tr>
<tr><td rowspan="2">label</td><td>b</td><td>1</td></tr><tr><td>d</td><td>2</td></tr>
<tr><td colspan="2">wide</td><td>3</td></tr></table>"""


@pytest.mark.parametrize("suffix", ["epub", "odt"])
def test_a_label_over_several_rows_is_repeated_and_columns_stay_aligned(suffix: str):
    document = parsed(written(suffix, HTML_TABLE, "html"), suffix)
    assert table_rows(document) == [
        ["A", "B", "C"],
        ["label", "b", "1"],
        ["label", "d", "2"],
        ["wide", "", "3"],
    ]


CUT_OFF = {
    "text/x-opml": '<opml version="2.0"><body><outline text="One"/><outline text="Two"/><outline t',
    "application/docbook+xml": "<article><title>T</title><para>One.</para><para>Two.</para><para>T",
    "application/jats+xml": "<article><body><sec><title>S</title><p>One.</p><p>Two.</p><p>Th",
}


@pytest.mark.parametrize("media_type", CUT_OFF)
def test_the_missing_end_of_xml_costs_that_end_alone(media_type: str):
    document = parser.parse(CUT_OFF[media_type].encode(), Hint("a.xml", media_type))
    assert document.text.count("One") == document.text.count("Two") == 1
    assert document.damaged == (DamagedPart("end", "the file is cut off in line 1"),)
