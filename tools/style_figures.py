"""Print figures of style for a checkout: `python -m tools.style_figures [CHECKOUT] [--follow]`.

The figures are those of the table that this project compares itself by: sizes of files and
functions, private functions called once, comments and docstrings, long lines, tests, lines a room.
Code is every Python file outside `tests/`, `benchmarks/`, `docs/`, `examples/` and `tools/`.

`--follow` counts the files that a reader opens to follow one document from `vouch ingest` to its
row, while a folder with one Markdown document is ingested. On the way are the files that are on the
call stack, in any process of the run, when the document reaches a library: the Markdown parser, the
tokenizer, Pandera, torch, Parquet, Great Expectations, LanceDB, or the pools of threads and
processes. The total adds all files of which a function is called. What runs only because a module
is imported does not count.
"""

import argparse
import ast
import io
import math
import os
import statistics
import subprocess
import sys
import tempfile
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

NOT_CODE = ("tests", "benchmarks", "docs", "examples", "tools")
LONGEST_LINE = 100
Function = ast.FunctionDef | ast.AsyncFunctionDef

# Python imports a module of this name in every process that it starts. It logs the files of the
# checkout that are on the call stack when a library gets the document ("S"), and those of which a
# function is called at all ("C"). Functions have the flag CO_OPTIMIZED (1), bodies of modules and
# classes do not; what happens during an import is not logged.
TRACER = """\
import os
import sys
import threading

STEPS = {
    ("markdown_it/main.py", "parse"),
    ("pandera/api/polars/container.py", "validate"),
    ("great_expectations/validator/validator.py", "graph_validate"),
    ("pyarrow/parquet/core.py", "write_table"),
    ("pyarrow/parquet/core.py", "write_batch"),
    ("lancedb/table.py", "merge_insert"),
    ("concurrent/futures/thread.py", "submit"),
    ("pebble/pool/process.py", "schedule"),
}
BUILT_IN_STEPS = {"Tokenizer.encode", "Tokenizer.encode_batch", "Tokenizer.encode_batch_fast"}
TORCH_STEPS = {"bmm", "linear", "matmul"}

root = os.environ["FOLLOWED_ROOT"] + os.sep
log = os.open(os.environ["FOLLOWED_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
called, on_stack, is_step = set(), set(), {}


def files_on_stack(frame):
    files = []
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith("<frozen importlib"):
            return []
        if name.startswith(root) and name.endswith(".py") and "site-packages" not in name:
            if frame.f_code.co_flags & 1:
                files.append(name)
        frame = frame.f_back
    return files


def write(kind, files, seen):
    new = [name for name in dict.fromkeys(reversed(files)) if name not in seen]
    seen.update(new)
    if new:
        os.write(log, "".join(f"{kind} {name}\\n" for name in new).encode())


def profile(frame, event, argument):
    code = frame.f_code
    if event == "call":
        if code not in is_step:
            place = code.co_filename.replace(os.sep, "/")
            is_step[code] = any(
                code.co_name == name and place.endswith("/" + file) for file, name in STEPS
            )
        if is_step[code]:
            write("S", files_on_stack(frame), on_stack)
        elif code.co_filename.startswith(root) and code.co_filename not in called:
            write("C", files_on_stack(frame)[:1], called)
    elif event == "c_call":
        name = getattr(argument, "__qualname__", "")
        if name in BUILT_IN_STEPS or name.rpartition(".")[2] in TORCH_STEPS:
            write("S", files_on_stack(frame), on_stack)


threading.setprofile(profile)
sys.setprofile(profile)
"""


@dataclass
class Figures:
    """What is counted in a set of files."""

    file_lines: list[int] = field(default_factory=list)
    function_lines: list[int] = field(default_factory=list)
    private_called_once: int = 0
    code: int = 0  # lines that are neither blank, nor only a comment, nor part of a docstring
    comments: int = 0
    docstrings: int = 0
    long_lines: int = 0
    by_room: Counter[str] = field(default_factory=Counter)

    def add(self, room: str, text: str) -> None:
        """Count one file; raises `SyntaxError` where it is not Python."""
        lines = text.splitlines()
        tree = ast.parse(text)
        self.by_room[room] += len(lines)
        self.file_lines.append(len(lines))
        self.long_lines += sum(len(line) > LONGEST_LINE for line in lines)
        functions = [node for node in ast.walk(tree) if isinstance(node, Function)]
        self.function_lines += [_last_line(node) - node.lineno + 1 for node in functions]
        uses = Counter(_used_names(tree))
        self.private_called_once += sum(
            function.name.startswith("_")
            and not function.name.endswith("__")
            # Properties and methods that a protocol demands count too: nothing marks them.
            and uses[function.name] == 1
            for function in functions
        )
        comments, docstrings = _comment_lines(text), _docstring_lines(tree)
        blank = {number for number, line in enumerate(lines, 1) if not line.strip()}
        self.comments += len(comments)
        self.docstrings += len(docstrings)
        self.code += len(lines) - len(comments | docstrings | blank)


def measure(checkout: Path) -> tuple[Figures, Figures]:
    """Return the figures of the code and of the tests of a checkout."""
    code, tests = Figures(), Figures()
    listed = subprocess.run(
        ["git", "-C", checkout, "ls-files", "-z", "-co", "--exclude-standard", "*.py"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in sorted(filter(None, listed.split("\0"))):
        room = name.split("/", 1)[0]
        file = checkout / name
        if file.is_file() and room == "tests":
            tests.add(room, file.read_text("utf-8"))
        elif file.is_file() and room not in NOT_CODE and name != "setup.py":
            code.add(room, file.read_text("utf-8"))
    return code, tests


def table(code: Figures, tests: Figures) -> Iterator[str]:
    """Yield the lines of two Markdown tables."""
    total = sum(code.file_lines)
    functions = len(code.function_lines)
    rows = {
        "files / lines": f"{len(code.file_lines)} / {total:,}",
        "file median / p90": _median_and_p90(code.file_lines),
        "function median / p90 lines": _median_and_p90(code.function_lines),
        "functions": f"{functions:,}",
        "private functions called once": f"{code.private_called_once}"
        f" ({code.private_called_once / functions:.0%})",
        "comment / docstring lines, % of code": f"{100 * code.comments / code.code:.1f}"
        f" / {100 * code.docstrings / code.code:.1f}",
        f"lines over {LONGEST_LINE}": f"{code.long_lines} ({code.long_lines / total:.1%})",
        f"lines over {LONGEST_LINE} in tests": f"{tests.long_lines}",
        "test files / lines": f"{len(tests.file_lines)} / {sum(tests.file_lines):,}",
        "test : code": f"{sum(tests.file_lines) / total:.2f}",
    }
    yield from ("| figure | value |", "|---|---|")
    yield from (f"| {name} | {value} |" for name, value in rows.items())
    yield from ("", "| room | lines |", "|---|---|")
    yield from (f"| `{room}/` | {lines:,} |" for room, lines in sorted(code.by_room.items()))


def follow(checkout: Path) -> tuple[list[str], list[str]]:
    """Return the files on the way of one Markdown document, and all whose functions are called.

    Both are ordered by their first call.
    Vouch has to be installed in this environment from `checkout`, or to be importable from its
    root. Raises `CalledProcessError` where the run fails.
    """
    checkout = checkout.resolve()
    with tempfile.TemporaryDirectory(prefix="follow-") as name:
        folder = Path(name)
        (folder / "tracer").mkdir()
        (folder / "tracer/sitecustomize.py").write_text(TRACER)
        (folder / "documents").mkdir()
        (folder / "documents/tea.md").write_text("# Tea\n\nGreen tea is steeped at 70 degrees.\n")
        (folder / "vouch.yaml").write_text("sources:\n  - {name: docs, path: documents}\n")
        log = folder / "called.txt"
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join((str(folder / "tracer"), str(checkout))),
            "FOLLOWED_ROOT": str(checkout),
            "FOLLOWED_LOG": str(log),
            "PREFECT_HOME": str(folder / "prefect"),
        }
        command = [sys.executable, "-m", "vouch", "--quiet", "ingest"]
        subprocess.run(command, cwd=folder, env=environment, check=True)
        # Each process logs a file that it calls, so that a file may be logged repeatedly.
        logged = dict.fromkeys(log.read_text().splitlines())
        files: dict[str, list[str]] = {"S": [], "C": []}
        for line in logged:
            kind, name = line.split(" ", 1)
            files[kind].append(str(Path(name).relative_to(checkout)))
        return files["S"], list(dict.fromkeys([*files["S"], *files["C"]]))


def _used_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            yield node.attr


def _comment_lines(text: str) -> set[int]:
    """Return the numbers of the lines that hold a comment and nothing else."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {
        token.start[0]
        for token in tokens
        if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
    }


def _docstring_lines(tree: ast.AST) -> set[int]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            lines |= set(range(node.body[0].lineno, _last_line(node.body[0]) + 1))
    return lines


def _last_line(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _median_and_p90(values: Sequence[int]) -> str:
    p90 = sorted(values)[math.ceil(0.9 * len(values)) - 1]
    return f"{statistics.median(values):.0f} / {p90}"


def _with_rooms(files: Sequence[str]) -> str:
    rooms = Counter(file.split("/", 1)[0] for file in files)
    return f"{len(files)} ({', '.join(f'{room} {n}' for room, n in rooms.most_common())})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Print figures of style for a checkout.")
    parser.add_argument("checkout", nargs="?", type=Path, default=Path())
    parser.add_argument("--follow", action="store_true", help="ingest one document and count")
    arguments = parser.parse_args()
    print(*table(*measure(arguments.checkout)), sep="\n")
    if arguments.follow:
        on_the_way, called = follow(arguments.checkout)
        print(f"\nFiles on the way of one document: {_with_rooms(on_the_way)}")
        print(*(f"- {file}" for file in on_the_way), sep="\n")
        print(f"\nFiles of which the run calls a function: {_with_rooms(called)}")
