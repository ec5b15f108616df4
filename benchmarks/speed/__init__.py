"""How fast it is, beside what is usual, in the same run."""
