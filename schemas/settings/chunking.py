"""How documents are split into chunks."""

from pydantic import Field

from vouch.schemas.strict import Strict


class ChunkingSettings(Strict):
    """A chunk is a span of a document's text; its title and headings are embedded with it."""

    # With heading_tokens this fills the 256 tokens that the default model reads.
    max_tokens: int = Field(default=160, ge=16, description="Token limit of a chunk's own text")
    heading_tokens: int = Field(
        default=96,
        ge=0,
        description=(
            "Token limit of what is embedded before a chunk's text: the title and headings (at "
            "most half of it) and a table's header"
        ),
    )

    @property
    def max_embedded_tokens(self) -> int:
        """Most tokens of what is embedded, special tokens included."""
        return self.max_tokens + self.heading_tokens
