"""What programs wrote for a terminal is read as a person saw it there."""

import pytest

from vouch.parsers.common.text.clean import clean
from vouch.parsers.registry import parse

E = "\x1b"


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        (f"{E}[1;31mERROR{E}[0m disk full", "ERROR disk full"),
        (f"{E}[38;2;1;2;3mtrue{E}[m {E}[4:3mcurly{E}[24m", "true curly"),
        ("\x9b31mERROR\x9b0m in eight bits", "ERROR in eight bits"),
        (f"{E}[?25lhidden cursor{E}[2K{E}[1A", "hidden cursor"),
        (f"{E}]8;;https://x.org{E}\\link{E}]8;;{E}\\ text", "link text"),
        (f"{E}]0;window\atitle {E}]2;more\x9cgone", "title gone"),
        (f"{E}P1;2|pixels\nand more{E}\\a picture", "a picture"),
        (f"{E}ktitle{E}\\of screen", "of screen"),
        (f"{E}(B{E}[m{E}=top{E}>{E}7{E}8{E}#8{E}%G", "top"),
        ("‹31m› is a quotation", "‹31m› is a quotation"),
        ("Å\x9b3a", "Å›3a"),
        ("^[[31mcaret notation", "^[[31mcaret notation"),
        # The escape itself was lost.
        ("[31mERROR[0m disk full", "ERROR disk full"),
        ("[1m[32mPASS[39m[0m src/a.test", "PASS[0m src/a.test"),
        ("use [31m for red and [0m to end it", "use [31m for red and [0m to end it"),
        (r"\\e[31mred\\e[0m", r"\\e[31mred\\e[0m"),
        ("between [0m and [10m", "between [0m and [10m"),
        # Printed twice, or over an underscore.
        ("N\bNA\bAM\bME\bE _\bf_\bi_\bl_\be", "NAME file"),
        ("_\ba\ba x\b_ +\bo item", "a x • item"),
        ("C:\bin", "C:in"),
        # Progress.
        ("10%\r20%\r", "20%\n"),
        ("Get: 10% |#  |\rGet: 50% |## |\rGet: 100% |###|\ndone", "Get: 100% |###|\ndone"),
        (" 5%|▌| 1/20 [00:01<00:10, 8.9it/s]\r 10%|█| 2/20 [00:02<?, 1.1s/it]", None),
        ("a 5%\rb 6%\r", "a 5%\nb 6%\n"),
        ("one\rtwo\rthree", "one\ntwo\nthree"),
        ("share\r20%\r10%", "share\n20%\n10%"),
    ],
)
def test_terminal_output(raw: str, seen: str | None):
    if seen is None:
        assert clean(raw).count("%") == 1
    else:
        assert clean(raw) == seen


def test_a_log_in_colours_is_searched_by_its_words():
    log = "".join(f"{E}[32mINFO{E}[0m step {n} done\n" for n in range(3))
    document = parse(f"{log}{E}[1;31mERROR{E}[0m disk full\n".encode(), "build.log")
    assert document.text.splitlines()[-1] == "ERROR disk full"
    assert "[" not in document.text
