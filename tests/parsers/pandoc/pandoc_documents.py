"""Documents of the formats that pandoc reads, written by pandoc from one Markdown text."""

import functools
import subprocess

import pypandoc

from vouch.parsers.base import Hint
from vouch.parsers.pandoc.parser import parse
from vouch.schemas.documents.records import Document

MEDIA_TYPES = {
    "org": "text/x-org",
    "rtf": "text/rtf",
    "epub": "application/epub+zip",
    "odt": "application/vnd.oasis.opendocument.text",
}
TEXT_MEDIA_TYPES = {
    "latex": "application/x-tex",
    "textile": "text/x-textile",
    "mediawiki": "text/x-mediawiki",
    "docbook": "application/docbook+xml",
    "jats": "application/jats+xml",
    "opml": "text/x-opml",
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
def written(suffix: str, text: str = MARKDOWN, source: str = "markdown") -> bytes:
    """Return `text` in the format of a suffix."""
    command = [pypandoc.get_pandoc_path(), "-f", source, "-t", suffix, "-s", "-o", "-"]
    return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def parsed(data: bytes, suffix: str) -> Document:
    """Parse `data` as the format of a suffix."""
    return parse(data, Hint(f"a.{suffix}", (MEDIA_TYPES | TEXT_MEDIA_TYPES)[suffix]))
