"""Parse Word, PowerPoint, Excel and the older formats of the three."""
