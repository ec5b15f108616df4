"""Parse HTML, and find the main content of a page."""
