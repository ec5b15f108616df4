"""Prose linter: `python -m tools.prose [PATHS]` prints words to replace and exits with 1.

Which words, and what to write instead, is data: tools/prose.yaml. The linter reads Markdown without
its code, templates without their tags, comments of YAML files, and of Python files the docstrings,
comments, strings of several words (messages, descriptions, help), names of tests, and the names
that are assigned, defined or taken as arguments. A line that ends with `# prose: allow` is skipped:
a stored column may have a name that no new one would get.
"""

import argparse
import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from subprocess import run
from typing import Any, NamedTuple

from ruamel.yaml import YAML

ROOT = Path(__file__).parent.parent
RULES = Path(__file__).with_suffix(".yaml")
SUFFIXES = {".md", ".py", ".j2", ".yaml"}
ALLOW = "# prose: allow"


class Passage(NamedTuple):
    """A piece of text in a file; `kind` is prose, docstring, string or name."""

    kind: str
    line: int
    text: str


class Finding(NamedTuple):
    """One word to replace."""

    path: str
    line: int
    word: str
    write: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word} → {self.write}"


@dataclass(frozen=True)
class Rule:
    """What to find, what to write instead, and the phrases and files in which it is right."""

    pattern: re.Pattern[str]
    write: str
    allowed: re.Pattern[str] | None = None
    files: Sequence[str] = field(default=())

    @classmethod
    def read(cls, data: Mapping[str, Any], whole: str) -> "Rule":
        """Make a rule of an entry of prose.yaml; `whole` is a regex with `%s` for the words."""

        def compiled(expressions: Sequence[str]) -> re.Pattern[str]:
            # Phrases run over line ends.
            return re.compile("|".join(expressions).replace(" ", r"\s+"), re.IGNORECASE)

        words = [data["find"]] if isinstance(data["find"], str) else data["find"]
        return cls(
            compiled([whole % "|".join(words)]),
            data["write"],
            compiled(data["allow"]) if "allow" in data else None,
            tuple(data.get("files", ())),
        )

    def words(self, text: str) -> Iterator[tuple[int, str]]:
        """Yield the offset and the word of each match outside the allowed phrases."""
        spared = [match.span() for match in self.allowed.finditer(text)] if self.allowed else []
        for match in self.pattern.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in spared):
                yield match.start(), " ".join(match[0].split())


@dataclass(frozen=True)
class Rules:
    """The rules of prose.yaml, by what they apply to."""

    words: Sequence[Rule]
    names: Sequence[Rule]
    skipped: Sequence[str]
    data: Sequence[str]

    @classmethod
    def load(cls, path: Path = RULES) -> "Rules":
        """Read the rules from a YAML file."""
        data = YAML(typ="safe").load(path.read_text("utf-8"))
        return cls(
            [Rule.read(entry, r"\b(?:%s)\b") for entry in data["words"]],
            [Rule.read(entry, r"^_*(?:%s)$") for entry in data["names"]],
            data["skip"],
            data["strings are data"],
        )


def check(path: str, text: str, rules: Rules) -> Iterator[Finding]:
    """Yield the findings in one file."""
    lines = text.splitlines()
    for finding in _findings(path, text, rules):
        if not lines[finding.line - 1].endswith(ALLOW):
            yield finding


def _findings(path: str, text: str, rules: Rules) -> Iterator[Finding]:
    is_data = any(fnmatch(path, pattern) for pattern in rules.data)
    for kind, line, passage in passages(path, text):
        if kind == "string" and is_data:
            continue
        for rule in rules.names if kind == "name" else rules.words:
            if not any(fnmatch(path, pattern) for pattern in rule.files):
                for offset, word in rule.words(passage):
                    yield Finding(path, line + passage.count("\n", 0, offset), word, rule.write)
        if kind == "docstring" and re.match(r"[a-zß-ÿ]", passage):
            word = passage.split(maxsplit=1)[0]
            yield Finding(path, line, word, "begin the docstring with a capital letter")


def passages(path: str, text: str) -> Iterator[Passage]:
    """Yield what people read in a file, by the file's kind."""
    if path.endswith(".py"):
        yield from _comments(text)
        yield from _Reader().read(ast.parse(text))
    else:
        yield Passage("prose", 1, _blank(_CODE[Path(path).suffix], text))


_CODE = {
    # Fenced blocks, code between backticks, targets of links, comments.
    ".md": r"^( *)(```|~~~).*?^\1\2[`~]*$|(`+)(?!`).+?\3|\]\([^)]*\)|<!--.*?-->",
    ".j2": r"\{[{%#].*?[}%#]\}|<[^>]*>",
    ".yaml": r"^[^#\n]*",
}


def _blank(pattern: str, text: str) -> str:
    """Overwrite what matches with blanks, so that lines keep their numbers."""
    return re.sub(
        pattern,
        lambda match: re.sub(r"[^\n]", " ", match[0]),
        text,
        flags=re.MULTILINE | re.DOTALL,
    )


def _prose(text: str) -> str:
    return _blank(_CODE[".md"], text)


def _comments(text: str) -> Iterator[Passage]:
    """Yield comments, joined where they follow one another: phrases run over line ends."""
    first, lines = 0, list[str]()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if lines and token.start[0] != first + len(lines):
                yield Passage("prose", first, _prose("\n".join(lines)))
                lines = []
            first = first if lines else token.start[0]
            lines.append(token.string.lstrip("#: "))
    if lines:
        yield Passage("prose", first, _prose("\n".join(lines)))


class _Reader(ast.NodeVisitor):
    """Collects docstrings, strings and names of a module."""

    def __init__(self) -> None:
        self._passages: list[Passage] = []

    def read(self, tree: ast.Module) -> list[Passage]:
        """Return the passages of a module."""
        self.visit(tree)
        return self._passages

    def _docstring(self, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> None:
        body = node.body
        if ast.get_docstring(node, clean=False) and isinstance(expression := body[0], ast.Expr):
            text = ast.get_docstring(node, clean=False) or ""
            self._passages.append(Passage("docstring", expression.lineno, _prose(text)))

    def visit_Module(self, node: ast.Module) -> None:
        self._docstring(node)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._docstring(node)
        self._name(node.name, node.lineno)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._docstring(node)
        self._name(node.name, node.lineno)
        if node.name.startswith("test_"):  # its name is a sentence
            self._passages.append(Passage("prose", node.lineno, node.name.replace("_", " ")))
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        if node.arg != "other":  # what Python's own protocols call the second operand
            self._name(node.arg, node.lineno)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self._name(node.id, node.lineno)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self._name(node.attr, node.lineno)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        text = node.value
        # Patterns are data: what they search for is not our prose.
        if isinstance(text, str) and len(text.split()) > 1 and not re.search(r"\\[bs]|\(\?", text):
            self._passages.append(Passage("string", node.lineno, _prose(text)))

    def _name(self, name: str, line: int) -> None:
        self._passages.append(Passage("name", line, name))


def files(paths: Iterable[str], rules: Rules) -> list[str]:
    """Return the files that git tracks or would add below the paths, without the skipped ones."""
    listed = run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return sorted(
        path
        for path in set(listed)
        if Path(path).suffix in SUFFIXES
        and (ROOT / path).is_file()
        and not any(fnmatch(path, pattern) for pattern in rules.skipped)
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the findings and return the exit code: 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m tools.prose", description=__doc__)
    parser.add_argument("paths", nargs="*", default=["."], help="files or folders")
    rules = Rules.load()
    findings = {
        finding
        for path in files(parser.parse_args(arguments).paths, rules)
        for finding in check(path, (ROOT / path).read_text("utf-8"), rules)
    }
    for finding in sorted(findings):
        print(finding)
    print(f"prose: {len(findings)} to replace" if findings else "prose: nothing to replace")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main())
