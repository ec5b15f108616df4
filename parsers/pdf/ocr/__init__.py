"""Read pictures and scanned pages by tesseract."""
