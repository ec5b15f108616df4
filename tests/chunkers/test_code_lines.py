"""Code is cut between functions, classes, statements and sections, whatever its language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vouch.chunkers.border import Border
from vouch.chunkers.chunker import chunk
from vouch.chunkers.code_lines import code_lines
from vouch.parsers.common.builder import DocumentBuilder
from vouch.schemas.settings.chunking import ChunkingSettings

# Of each language one unit, in which N is a number, and how it begins.
UNITS = {
    "python": ('@cached\ndef name_N(a, b):\n    """Do it."""\n    c = a + N\n\n    return c\n\n\n',
               "@cached"),
    "javascript": ("// Does N\nfunction nameN(a) {\n  const b = a + N;\n\n  return b;\n}\n\n",
                   "// Does"),
    "C": ("static int name_N(int a)\n{\n    int b = a + N;\n\n    return b;\n}\n\n", "static"),
    "go": ("func NameN(a int) int {\n\tb := a + N\n\tif b > 3 {\n\t\treturn 1\n\t}\n\treturn b\n}\n",
           "func"),
    "rust": ("#[inline]\nfn name_N(a: i32) -> i32 {\n    let b = a + N;\n\n    b\n}\n\n", "#["),
    "java": ("    public int nameN(int a) {\n        int b = a + N;\n\n        return b;\n    }\n\n",
             "public"),
    "sql": ("SELECT a, b\nFROM table_N\nWHERE a = N;\n", "SELECT"),
    "yaml": ("nameN:\n  image: nN\n  ports:\n    - N\n  command: run\n", "name"),
    "shell": ("# Does N\nnameN() {\n  echo N\n\n  if true; then\n    exit 1\n  fi\n}\n\n", "# Does"),
    "ini": ("[name N]\nkey = value N\nother = value\npath = /a/b/N\n", "[name"),
    "css": (".nameN {\n  color: red;\n  margin: N;\n}\n", ".name"),
    "ruby": ("def name_N(a)\n  b = a + N\n\n  b\nend\n\n", "def"),
    "toml": ("[[name.N]]\nkey = N\nother = true\n\n", "[[name"),
    "makefile": ("name-N: other\n\techo N\n\techo done\n\n", "name-"),
    "xml": ("<name>\n  <value>N</value>\n  <other>N</other>\n</name>\n", "<name>"),
}  # fmt: skip


def code(text: str) -> DocumentBuilder:
    builder = DocumentBuilder()
    builder.paragraph("Text before.")
    builder.code(text)
    return builder


@pytest.mark.parametrize("language", UNITS)
def test_every_chunk_begins_with_a_unit(language: str, tokenizer):
    unit, first = UNITS[language]
    text = "".join(unit.replace("N", str(number)) for number in range(60))
    if language == "java":
        text = f"public class Thing {{\n\n{text}}}\n"
    chunks = chunk(code(text).build(), ChunkingSettings(), tokenizer)
    assert len(chunks) > 4
    assert [cut.text[:40] for cut in chunks[1:] if not cut.text.startswith(first)] == []


def test_lines_of_one_block_are_cut_within_it_where_it_is_too_long(tokenizer):
    text = "def long():\n" + "".join(f"    value_{n} = compute({n})\n" for n in range(90))
    chunks = chunk(code(text).build(), ChunkingSettings(), tokenizer)
    assert chunks[0].text.startswith("Text before.\n\ndef long():\n    value_0")
    assert all(cut.text.startswith("value_") for cut in chunks[1:])


RATED = [
    ("def f():", None),
    ("    x = 1", Border.BEHIND_LEAD),
    ("    if x:", Border.INSIDE),
    ("        y = 2", Border.BEHIND_LEAD),
    ("    else:", Border.INSIDE),
    ("        y = 3", Border.BEHIND_LEAD),
    ("    z = 4", Border.PART),
    ("", None),
    ("    return z", Border.PARAGRAPH),
    ("", None),
    ("# Comment", Border.BLOCK),
    ("class A:", Border.BEHIND_LEAD),
    ("    @property", Border.BEHIND_LEAD),
    ("    def g(self):", Border.BEHIND_LEAD),
    ("        return 1", Border.BEHIND_LEAD),
    ("", None),
    ("    def h(self):", Border.MEMBER),
    ("        return [", Border.BEHIND_LEAD),
    ("            1,", Border.BEHIND_LEAD),
    ("        ]", Border.INSIDE),
    ("VALUE = 1", Border.STATEMENT),
    ("OTHER = 2", Border.PART),
]


def test_boundaries_between_lines_are_rated_by_indentation_and_empty_lines():
    rated = list(code_lines([f"{line}\n" for line, _ in RATED]))
    for (line, expected), border in zip(RATED, rated, strict=True):
        assert expected is None or border is expected, line


@given(st.lists(st.text(alphabet=" \tab#{}()[]@;:,\n", max_size=9), max_size=30))
def test_every_line_is_rated(lines: list[str]):
    assert len(list(code_lines(lines))) == len(lines)
