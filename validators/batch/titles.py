"""Which documents could have a title and have none."""

import polars as pl

# Nobody can give these a title inside the file, and their names are what people go by.
_WITHOUT_TITLES = (
    "text/plain",
    "text/x-source",
    "text/csv",
    "text/tab-separated-values",
    "application/json",
    "application/x-ndjson",
    "application/yaml",
)


def lacks_title() -> pl.Expr:
    """Return an expression over documents: true for one that is searched, of a format with titles,
    and has none.
    """
    has_titles = ~pl.col("media_type").is_in(_WITHOUT_TITLES).fill_null(value=False)
    return pl.col("title").is_null() & has_titles & (pl.col("chunk_count") > 0)
