"""How fast: one module a subject, each beside what is usual, in the same run on the same machine."""
