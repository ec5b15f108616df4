"""Find the tables of a page."""
