"""Tables, rows, staged files and runs: the only code that knows LanceDB's storage."""
