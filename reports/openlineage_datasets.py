"""Describe what runs read and write as OpenLineage datasets.

A dataset has a name, and facets: schema, version, column lineage, quality, statistics.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pyarrow as pa
from openlineage.client.event_v2 import InputDataset, OutputDataset
from openlineage.client.facet_v2 import (
    DatasetFacet,
    InputDatasetFacet,
    OutputDatasetFacet,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    data_quality_metrics_dataset,
    dataset_version_dataset,
    input_statistics_input_dataset,
    output_statistics_output_dataset,
    schema_dataset,
    storage_dataset,
)

from vouch.schemas.documents.arrow import DOCUMENTS, QUARANTINE, chunks_schema
from vouch.schemas.runs.record import Check, Outcome, RunRecord, Severity, SourceSummary
from vouch.schemas.settings.choices import VectorType
from vouch.storage.location import Location

# Columns of `documents` from which columns of `chunks` are made; files of a source have no columns.
_COLUMN_ORIGINS = {
    "text": ("canonical_text",),
    "embedded_text": ("canonical_text", "title"),
    "vector": ("canonical_text", "title"),
    "char_start": ("canonical_text",),
    "char_end": ("canonical_text",),
    "token_count": ("canonical_text",),
    "language": ("canonical_text",),
    "title": ("title",),
    "document_id": ("document_id",),
    "source": ("source",),
    "uri": ("uri",),
    "content_sha256": ("content_sha256",),
}
# By table: the metric that counts its rows, the metric of each column's missing share, and the
# metric whose median is recorded for a column.
_QUALITY = {
    "chunks": (
        "chunks",
        {"heading_path": "without_heading", "language": "unknown_language"},
        {"token_count": "chunk_tokens"},
    ),
    "documents": ("documents", {"title": "untitled"}, {"char_count": "document_chars"}),
}


class Tables:
    """The tables of the index as a run has left them."""

    def __init__(
        self, record: RunRecord, index: Location, dimension: int, vectors: VectorType
    ) -> None:
        self._record, self._index = record, index
        self._schemas = {
            "chunks": chunks_schema(dimension, vectors),
            "documents": DOCUMENTS,
            "quarantine": QUARANTINE,
        }

    def audited(self) -> Iterator[InputDataset]:
        """Yield the chunks that were audited, with the checks of the verdict as assertions."""
        if self._record.verdict is not None:
            facets = {"dataQualityAssertions": _assertions(self._record.verdict.checks)}
            yield InputDataset(*self._name("chunks"), inputFacets=facets)

    def written(self) -> Iterator[OutputDataset]:
        """Yield the tables that the run wrote, with schema, version, quality and number of rows."""
        for name, schema in self._schemas.items():
            yield OutputDataset(
                *self._name(name),
                facets=dict(self._facets(name, schema)),
                outputFacets=self._statistics(name),
            )

    def _statistics(self, name: str) -> dict[str, OutputDatasetFacet]:
        sums = self._record.accounting
        written = {
            "chunks": sums.chunks_published,
            "documents": sums.published,
            "quarantine": sums.quarantined,
        }
        return {
            "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=written[name]
            )
        }

    def _facets(self, name: str, schema: pa.Schema) -> Iterator[tuple[str, DatasetFacet]]:
        record = self._record
        yield (
            "schema",
            schema_dataset.SchemaDatasetFacet(
                fields=[
                    schema_dataset.SchemaDatasetFacetFields(
                        field.name, str(field.type), ordinal_position=position
                    )
                    for position, field in enumerate(schema, 1)
                ]
            ),
        )
        yield (
            "storage",
            storage_dataset.StorageDatasetFacet(storageLayer="lancedb", fileFormat="lance"),
        )
        if name in record.versions:
            yield (
                "version",
                dataset_version_dataset.DatasetVersionDatasetFacet(
                    datasetVersion=str(record.versions[name])
                ),
            )
        if name in _QUALITY and record.metrics:
            yield "dataQualityMetrics", _quality(name, record.metrics)
        if name == "chunks":
            yield "columnLineage", self._columns()

    def _columns(self) -> DatasetFacet:
        fields = {
            column: column_lineage_dataset.Fields(
                [self._input(column, origin) for origin in origins]
            )
            for column, origins in _COLUMN_ORIGINS.items()
        }
        return column_lineage_dataset.ColumnLineageDatasetFacet(fields)

    def _input(self, column: str, origin: str) -> column_lineage_dataset.InputField:
        transformation = column_lineage_dataset.Transformation(
            "DIRECT", "IDENTITY" if column == origin else "TRANSFORMATION"
        )
        return column_lineage_dataset.InputField(*self._name("documents"), origin, [transformation])

    def _name(self, table: str) -> tuple[str, str]:
        """Return namespace and name of a table, as OpenLineage names files and objects."""
        place = self._index / f"{table}.lance"
        if place.is_local:
            return "file", place.local_path.resolve().as_posix()
        url = urlsplit(place.url)
        return f"{url.scheme}://{url.netloc}", url.path.lstrip("/")


def source_dataset(source: SourceSummary) -> InputDataset:
    """Return a source as a dataset: a folder, or a URL without its user name and password."""
    statistics = input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
        fileCount=source.listed
    )
    # The user name and password of a database URL must not leave with an event.
    url = urlsplit(source.path)
    host = f"{url.hostname}:{url.port}" if url.port else url.hostname or ""
    namespace, name = (
        (f"{url.scheme}://{host}", url.path.lstrip("/"))
        if url.scheme and host
        else ("file", source.path)
    )
    return InputDataset(namespace, name or source.name, inputFacets={"inputStatistics": statistics})


def _quality(name: str, metrics: Mapping[str, float]) -> DatasetFacet:
    """Return quality metrics of a table; shares of rows without a value become counts."""
    count, shares, medians = _QUALITY[name]
    rows = round(metrics.get(count, 0))
    columns = {
        column: data_quality_metrics_dataset.ColumnMetrics(nullCount=round(metrics[share] * rows))
        for column, share in shares.items()
        if share in metrics
    }
    columns |= {
        column: data_quality_metrics_dataset.ColumnMetrics(
            quantiles={"0.5": metrics[f"median {figure}"]}
        )
        for column, figure in medians.items()
        if f"median {figure}" in metrics
    }
    return data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
        columnMetrics=columns, rowCount=rows
    )


def _assertions(checks: tuple[Check, ...]) -> InputDatasetFacet:
    """Return the checks as assertions, without those that could not be made."""
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        [
            data_quality_assertions_dataset.Assertion(
                assertion=check.qualified_id,
                success=check.outcome is Outcome.PASSED,
                severity="error" if check.severity is Severity.REJECT else "warn",
                name=f"{check.scope}: {check.name}",
                expected=None if check.threshold is None else str(check.threshold),
                actual=None if check.figure is None else str(check.figure),
                description=check.message or None,
            )
            for check in checks
            if check.outcome is not Outcome.NOT_CHECKED
        ]
    )
