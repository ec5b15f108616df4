"""A piece of a message's text."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Body:
    """One piece of a mail's text, in the order of the mail."""

    text: str
    is_html: bool = False
    is_calendar: bool = False
    is_styled: bool = False  # the text of a form with fonts and colours, such as RTF

    @property
    def is_blank(self) -> bool:
        """Whether it shows nothing."""
        visible = re.sub(r"<[^<>]*>|&nbsp;", " ", self.text) if self.is_html else self.text
        return not visible.strip()
