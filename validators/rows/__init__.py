"""Check single rows, with Pandera, and what can be said of one text."""
