"""Documents and chunks on their way, and the columns of the tables that they end in."""
