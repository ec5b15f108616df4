"""Check single rows and texts, with Pandera."""
