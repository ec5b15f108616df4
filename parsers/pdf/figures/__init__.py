"""Pictures on the pages of a PDF: where they are, and what they look like."""
