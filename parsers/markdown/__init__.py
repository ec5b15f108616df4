"""Parse Markdown, MDX and notebooks."""
