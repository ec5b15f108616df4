"""Check a candidate as a whole, with Great Expectations."""
