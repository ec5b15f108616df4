"""How well search finds what answers a question, beside what is usual, on public test collections."""
