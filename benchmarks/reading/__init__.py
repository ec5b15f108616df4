"""How well documents are read: main content, PDF text, structure and languages."""
