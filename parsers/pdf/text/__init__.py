"""Put the characters of a page into lines of text."""
