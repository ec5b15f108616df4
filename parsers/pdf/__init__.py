"""Parse PDF, by its characters or by OCR."""
