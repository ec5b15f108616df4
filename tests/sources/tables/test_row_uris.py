"""Uris of rows: different rows never share one."""

from hypothesis import given
from hypothesis import strategies as st

from vouch.sources.tables.row_collector import doubled_uri, keyless_uri, row_uri

FILES = st.text(max_size=6)
KEYS = st.tuples(FILES, st.text(max_size=6, min_size=1), st.text(max_size=6, min_size=1))


@given(KEYS, KEYS)
def test_different_keys_have_different_uris(
    left: tuple[str, str, str], right: tuple[str, str, str]
):
    uris = [row_uri(file, ("a", "b"), values) for file, *values in (left, right)]
    assert (uris[0] == uris[1]) == (left == right)


@given(FILES, st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3), st.integers(1, 99))
def test_a_row_without_a_unique_key_never_has_the_uri_of_one_with(
    file: str, values: list[str], number: int
):
    names = [f"c{index}" for index in range(len(values))]
    uri = row_uri(file, names, values)
    assert uri.isascii() or not file.isascii()
    assert "#key/" not in doubled_uri(uri, number).removeprefix(file)
    assert "#key/" not in keyless_uri(file, "0" * 64, number).removeprefix(file)
