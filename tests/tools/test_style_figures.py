"""The figures of style are counted as their table says."""

import subprocess
from pathlib import Path

from tools.style_figures import Figures, measure, table

CODE = '''\
"""A module\\'s docstring
of two lines."""

# A comment.
import os  # not a line of comments


def public(name):
    """Return a name."""
    return _called_once(name) + _called_twice(name)


def _called_once(name):
    return _called_twice(name)


def _called_twice(name):
    return os.fspath(name)
'''


def test_lines_are_counted_by_kind():
    figures = Figures()
    figures.add("room", CODE + f"LONG = '{100 * 'x'}'\n")
    assert figures.file_lines == [19]
    assert (figures.comments, figures.docstrings, figures.code) == (1, 3, 8)
    assert figures.long_lines == 1
    assert figures.by_room == {"room": 19}


def test_private_functions_with_one_use_are_counted():
    figures = Figures()
    figures.add("room", CODE)
    assert sorted(figures.function_lines) == [2, 2, 3]
    assert figures.private_called_once == 1


def test_tests_and_tools_do_not_count_as_code(tmp_path: Path):
    for name in ("room/module.py", "tests/test_module.py", "tools/tool.py", "setup.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CODE)
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    code, tests = measure(tmp_path)
    assert (len(code.file_lines), len(tests.file_lines)) == (1, 1)
    assert "| test : code | 1.00 |" in list(table(code, tests))
