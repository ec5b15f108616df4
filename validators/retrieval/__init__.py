"""Compare what search finds, by golden queries."""
