"""A file that contains what is searched for letter by letter comes before those with its parts."""

from pathlib import Path

import pytest

import vouch
from tests.pipeline.steps import configure, run
from vouch.index.search.index import Index

# An identifier, and what holds its parts.
NAMES = {
    "snake_case_name": "Case named snake: a case name for the snake case.",
    "numpy.linalg.eigvalsh": "numpy and eigvalsh and linalg. Linalg, numpy, eigvalsh.",
    "--dry-run": "The dry season, a run. Run dry, dry run, run and dry.",
    "PN-0042": "PN numbers: 0042 of PN. 0042, PN, 0042.",
    "10-main.conf": "Main 10 conf. Conf 10 main, 10 conf main.",
    "/etc/vouch/config.d": "Config of etc, vouch d. Vouch config d etc.",
    "getUserById": "Get user by id. User id by get, get id.",
    "MAX_RETRY_COUNT": "Max count of retry: count max retry, retry max.",
    "7.31.9": "Chapters 7, 31 and 9; 31 of 7, 9 of 31.",
    "ada@lovelace.example": "Ada of example, Lovelace; example of Ada Lovelace.",
    "04711": "4711 and 0 and 47 11, of 4711 and 47.",
    "4,136.50": "4, 136 and 50; 50 of 136, 4 of 50.",
    "std::deque": "Std and deque: a deque, std. Deque of std.",
    "C#": "C and c, C of C. The C, and c of C.",
    ".NET": "Net of nets: the net, net and net.",
    "node.js": "Js node: a node, js. Node of js, js of node.",
    "root@gateway": "Gateway and root: root gateway of gateway root.",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "Hash 9f86 and 0f00a08.",
    '"amber lantern"': "Lantern of amber. Amber, a lantern; amber and lantern.",
    "x86-64": "64 of x86, 86 x 64; x86 and 64.",
}
FILLER = "Nobody knows what the weather in the mountains will be like in the week after next. "
FORMS = {
    "heading.md": ("# The heading_name_of it\n\nText below.\n", "heading_name_of"),
    "cell.md": ("# Cells\n\n|a|b|\n|-|-|\n|one|cell_name_of|\n", "cell_name_of"),
    "bold.md": ("# Bold\n\nThe bold_**name**_of here.\n", "bold_name_of"),
    "code.md": ("# Code\n\n```python\nresult = code_name_of(1)\n```\n", "code_name_of"),
    "page.html": ("<h1>Page</h1><p>The <code>page_<wbr>name_of</code> here.</p>", "page_name_of"),
    "rows.csv": ("key,value\nx,csv_name_of\ny,other\n", "csv_name_of"),
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Index:
    folder = tmp_path_factory.mktemp("identifiers")
    documents = folder / "documents"
    documents.mkdir()
    for number, (name, parts) in enumerate(NAMES.items()):
        text = f"# Holder\n\n{3 * FILLER}It says {name.strip(chr(34))} once. {3 * FILLER}\n"
        (documents / f"holder {number}.md").write_text(text)
        for copy in range(3):
            (documents / f"parts {number} {copy}.md").write_text(f"# {parts}\n\n{parts} {copy}\n")
    for file, (text, _) in FORMS.items():
        (documents / file).write_text(text)
    parts = "Name of a heading, cell, bold, code, page, csv: csv name of page name of cell name of."
    (documents / "parts of forms.md").write_text(f"# {parts}\n\n{parts}\n")
    (documents / "part.md").write_text("# Part\n\nIt is snake_case_name_longer, once.\n")
    settings = configure(folder, tiny_model)
    run(settings)
    return vouch.open(folder / "data/index")


@pytest.mark.parametrize("mode", ["text", "hybrid"])
@pytest.mark.parametrize("query", ["{}", "how do I use {}?", "what does {} mean in the week"])
def test_the_file_that_holds_an_identifier_is_first(index: Index, query: str, mode: str):
    first = {
        name: index.search(query.format(name), mode=mode)[0].uri  # type: ignore[arg-type]
        for name in NAMES
    }
    assert first == {name: f"holder {number}.md" for number, name in enumerate(NAMES)}


@pytest.mark.parametrize("mode", ["text", "hybrid"])
@pytest.mark.parametrize("change", [str, str.upper, str.capitalize])
def test_an_identifier_is_found_in_any_form_of_text_and_in_any_case(index, mode, change):
    first = {
        file: index.search(change(name), mode=mode)[0].uri for file, (_, name) in FORMS.items()
    }
    assert first == {file: file for file in FORMS}


def test_the_whole_comes_before_a_longer_one_that_begins_with_it(index: Index):
    uris = [hit.uri for hit in index.search("snake_case_name", mode="text", breadth="broad")]
    assert uris[:2] == ["holder 0.md", "part.md"]
    assert index.search("snake_case_name_longer", mode="text")[0].uri == "part.md"


@pytest.mark.parametrize("breadth", ["precise", "balanced", "broad", "all"])
def test_at_every_breadth(index: Index, breadth: str):
    hits = index.search("PN-0042", breadth=breadth)  # type: ignore[arg-type]
    assert hits[0].uri == "holder 3.md"
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_filter_holds_for_what_an_identifier_finds(index: Index):
    hits = index.search("snake_case_name", filters=["uri!=holder 0.md"])
    assert hits[0].uri == "part.md"
    assert all(hit.uri != "holder 0.md" for hit in hits)


def test_a_query_is_cleaned_as_texts_are(index: Index):
    for query in ("snake_\u00adcase_name", "snake_case\u200b_name", "\ufeffsnake_case_name\r\n"):
        assert index.search(query, mode="text")[0].uri == "holder 0.md", query


@pytest.mark.parametrize(
    "query", ["a_b' OR true --", 'x_y") OR ("', "%_%", "a_\\", "a_\x00b", "_" * 600]
)
def test_no_identifier_breaks_a_query(index: Index, query: str):
    index.search(query, mode="text")
