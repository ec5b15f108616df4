"""Write OpenDocument files with given contents."""

from tests.parsers.binary_files import zipped

_NAMES = ("office", "text", "table", "drawing", "style", "presentation", "meta", "chart")
NAMESPACES = " ".join(
    f'xmlns:{"draw" if name == "drawing" else name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in _NAMES
)
NAMESPACES += (
    ' xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_META = "<office:meta><dc:title>Plan</dc:title><meta:initial-creator>Ada</meta:initial-creator></office:meta>"


def content(body: str, styles: str = "", root: str = "document-content", more: str = "") -> str:
    """Return a content.xml, or with another root a flat document."""
    return (
        f'<?xml version="1.0"?><office:{root} {NAMESPACES} {more}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body>{body}</office:body></office:{root}>"
    )


def package(kind: str, body: str, styles: str = "", **members: str) -> bytes:
    """Return a document of a kind such as `spreadsheet`; `members` replace `/` by `__`."""
    parts = {name.replace("__", "/") + ".xml": text for name, text in members.items()}
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": content(body, styles),
            "meta.xml": f"<office:document-meta {NAMESPACES}>{_META}</office:document-meta>",
        }
        | parts
    )


def table(rows: str, name: str = "Costs", style: str = "") -> str:
    """Return a sheet of rows."""
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def row(*cells: str, attributes: str = "") -> str:
    """Return a row of cells in XML."""
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def cell(text: str = "", kind: str = "string", attributes: str = "", inside: str = "") -> str:
    """Return a cell that shows `text`."""
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in text.split("\n") if line)
    return (
        f'<table:table-cell office:value-type="{kind}" {attributes}>{inside}{paragraphs}'
        "</table:table-cell>"
    )


def number(value: float, shown: str = "", kind: str = "float") -> str:
    """Return a cell with a number and the text that its format shows."""
    return cell(shown or f"{value:g}", kind, f'office:value="{value}"')


def spreadsheet(*tables: str, styles: str = "") -> bytes:
    """Return an .ods with sheets."""
    return package(
        "spreadsheet", f"<office:spreadsheet>{''.join(tables)}</office:spreadsheet>", styles
    )
