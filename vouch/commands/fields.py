"""`vouch fields`."""

import typer

from vouch.console import Output


def fields(context: typer.Context) -> None:
    """List what filters can compare: columns and keys of the metadata, with their types."""
    from vouch.index.publishing.versions import published_state
    from vouch.index.search.filters.column_conditions import described, filtered_columns
    from vouch.index.search.filters.metadata_keys import read_catalogue
    from vouch.index.store.tables import Tables
    from vouch.pipeline.context.settings_loader import read_settings

    output: Output = context.obj
    chunks = published_state(Tables.open(read_settings(output.config).index_location)).chunks
    columns = {
        name: described(chunks.schema.field(name).type) for name in filtered_columns(chunks.schema)
    }
    catalogue = read_catalogue(chunks)
    keys = list(catalogue.keys.values())
    listed = [
        {
            "name": key.name,
            "types": sorted(key.kinds),
            "lists": key.lists,
            "documents": key.documents,
            "example": key.example,
        }
        for key in keys
    ]
    if output.print_json({"columns": columns, "metadata": listed, "typed": catalogue.typed}):
        return
    output.print_table(
        "",
        ("name", "type", "documents", "example"),
        [
            *((name, kind, "", "") for name, kind in columns.items()),
            *(
                (f"metadata.{key.name}", key.described, f"{key.documents:,}", key.example)
                for key in keys
            ),
        ],
    )
    if not catalogue.typed:
        output.print_line(
            "The index was made by an earlier version, which kept no types; the next `vouch "
            "ingest` brings them."
        )
