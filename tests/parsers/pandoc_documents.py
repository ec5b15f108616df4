"""Documents for what pandoc reads, made by pandoc itself from one Markdown."""

import functools
import subprocess

import pypandoc

from vouch.schemas.records import Document, ElementType

MEDIA_TYPES = {
    "org": "text/x-org",
    "rtf": "text/rtf",
    "epub": "application/epub+zip",
    "odt": "application/vnd.oasis.opendocument.text",
}
MARKDOWN = """---
title: The Handbook
author: Ada Lovelace
lang: en-GB
---

# Leave

Parents get *twenty* weeks[^1] — see [the law](https://example.org).

- first
    - nested
- second

> quoted words

```python
x = 1
```

| name | age |
|------|-----|
| Ada  | 36  |

[^1]: Paid in full.
"""


@functools.cache
def made(form: str, text: str = MARKDOWN, kind: str = "markdown") -> bytes:
    command = [pypandoc.get_pandoc_path(), "-f", kind, "-t", form, "-s", "-o", "-"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def pieces(document: Document, kind: ElementType) -> list[str]:
    return [document.text[e.char_start : e.char_end] for e in document.elements if e.type is kind]


def rows(document: Document) -> list[list[str]]:
    """The cells of the only table."""
    (table,) = [element.table for element in document.elements if element.table]
    return [[document.text[start:end] for start, end in row] for row in table.rows]
