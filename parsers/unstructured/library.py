"""The library unstructured, offline, quiet and with the same result every time.

To classify unmarked text and to split sentences it needs the spaCy model en_core_web_sm, which it
downloads and installs where it is missing. Then a blank English pipeline that splits sentences by
punctuation takes its place: what differs is which unmarked lines pass for titles.
"""

import functools
import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from vouch.schemas.process.hidden_modules import hidden
from vouch.schemas.process.offline import offline

MODEL = "en_core_web_sm"
_LOADER = "_load_spacy_model"  # the function of `unstructured.nlp.tokenize` that is replaced

Partition = Callable[..., list[Any]]


def partition(
    data: bytes, name: str, content_type: str, options: Mapping[str, bool]
) -> list[dict[str, Any]]:
    """Return the elements of a file as dictionaries; `options` are for the partitioner of its type.

    Raises whatever the library raises.
    """
    with _quiet(), offline():
        elements = _partition()(
            file=io.BytesIO(data), metadata_filename=name, content_type=content_type, **options
        )
        return [element.to_dict() for element in elements]


@functools.cache
def _partition() -> Partition:
    """Import the library, which takes a second, and prepare it."""
    # spaCy, and what registers itself with spaCy, import torch and transformers where they are
    # installed, and use neither here: five seconds and 450 MB in each parser process.
    with hidden("torch", "transformers"):
        import langdetect
        from unstructured.nlp import tokenize
        from unstructured.partition.auto import partition as library_partition

        if find_spec(MODEL) is None:
            replace_model(tokenize)
    # Guesses of the language decide what passes for a title, and are drawn by chance otherwise.
    langdetect.DetectorFactory.seed = 0
    function: Partition = library_partition
    return function


def replace_model(tokenize: Any) -> None:  # noqa: ANN401 - a module of the library
    """Make the library's module load a blank pipeline.

    Raises `RuntimeError` where the library does not load its model by the function known here:
    without it, each document would start a download.
    """
    if not callable(getattr(tokenize, _LOADER, None)):
        raise RuntimeError(
            f"unstructured.nlp.tokenize has no function {_LOADER} any more: with this version of "
            f"unstructured, install {MODEL}, or choose vouch in parsing.engines"
        )
    import spacy

    model = spacy.blank("en")
    model.add_pipe("sentencizer")
    setattr(tokenize, _LOADER, lambda: model)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings and log lines, of guessed encodings for example, away from the terminal.

    The library also logs by the root logger, which is not its own to be silenced.
    """
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
