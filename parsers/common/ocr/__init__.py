"""Read pictures by tesseract: words with places, and the text of figures within documents."""
