"""Score what search finds, by golden queries."""
