"""Parse PDF from its characters, and scanned pages by OCR."""
