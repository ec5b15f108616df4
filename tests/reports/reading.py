"""Read rendered reports as a person does: cells of tables, and words."""

from lxml import html

from vouch.schemas.runs.record import Check, Outcome, Severity


def check_of(name: str, outcome: Outcome) -> Check:
    """Return a check that warns; ids are derived from names, as in records of version 0.5.0."""
    return Check(
        name=name,
        scope="chunks",
        owner="drift",
        severity=Severity.WARN,
        outcome=outcome,
        message="the finding",
    )


def cells(page: str, section: str) -> list[list[str]]:
    """Return the cells of a section's tables, row by row."""
    rows = html.document_fromstring(page).xpath(f"//section[@id='{section}']//tbody/tr")
    return [[" ".join(cell.text_content().split()) for cell in row] for row in rows]


def words(page: str) -> str:
    """Return the text of a page on one line."""
    return " ".join(html.document_fromstring(page).text_content().split())


def active_elements(tree: html.HtmlElement) -> list[html.HtmlElement]:
    """Return elements that run or load something."""
    return tree.xpath(
        "//script | //iframe | //object | //link | //img | //form | //*[@src]"
        " | //*[@*[starts-with(name(), 'on')]]"
    )
