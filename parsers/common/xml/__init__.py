"""Read XML safely, for every format that is made of it."""
