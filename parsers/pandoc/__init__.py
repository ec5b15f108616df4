"""Parse Org, OpenDocument, EPUB and RTF with pandoc."""
