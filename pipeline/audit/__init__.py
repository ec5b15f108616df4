"""Judge a candidate as a whole before it is published, and publish it."""
