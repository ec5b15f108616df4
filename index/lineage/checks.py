"""The checks of an index's health: what must hold, and what repairs it where it does not."""

from enum import StrEnum


class HealthCheck(StrEnum):
    """What must hold of the stored rows and files; the value identifies the check."""

    FILES_INTACT = "files_intact"
    TABLES_READABLE = "tables_readable"
    STATE_KEPT = "state_kept"
    GENERATIONS_RECORDED = "generations_recorded"
    PUBLICATIONS_FINISHED = "publications_finished"
    KEYS_UNIQUE = "keys_unique"
    ROWS_PRESENT = "rows_present"
    ROWS_PUBLISHED = "rows_published"
    TEXT_HASHES = "text_hashes"
    STRUCTURES_READABLE = "structures_readable"
    CHUNKS_COMPLETE = "chunks_complete"
    CHUNKS_HAVE_DOCUMENT = "chunks_have_document"
    CHUNK_SPANS = "chunk_spans"
    CHUNK_TEXT_HASHES = "chunk_text_hashes"
    CHUNK_IDS = "chunk_ids"
    VECTORS_UNIT_LENGTH = "vectors_unit_length"
    VECTOR_HASHES = "vector_hashes"
    CHUNKS_AGREE_WITH_DOCUMENT = "chunks_agree_with_document"
    ATTACHMENTS_HAVE_DOCUMENT = "attachments_have_document"
    QUARANTINED_HAVE_REJECT = "quarantined_have_reject"
    REJECTS_HAVE_DOCUMENT = "rejects_have_document"
    SEARCH_INDEXES_CURRENT = "search_indexes_current"
    CONDITIONS_KEPT = "conditions_kept"
    NO_LEFTOVERS = "no_leftovers"

    def title(self, table: str = "") -> str:
        """Return the check in words; some are about one table."""
        return _TITLES[self].format(table=table)


_TITLES = {
    HealthCheck.FILES_INTACT: "files of {table} are there, and as they were written",
    HealthCheck.TABLES_READABLE: "tables can be read",
    HealthCheck.STATE_KEPT: "the published state is recorded and kept",
    HealthCheck.GENERATIONS_RECORDED: "it is recorded which model made the vectors",
    HealthCheck.PUBLICATIONS_FINISHED: "no publication is unfinished",
    HealthCheck.KEYS_UNIQUE: "keys of {table} are unique",
    HealthCheck.ROWS_PRESENT: "no published rows of {table} are missing",
    HealthCheck.ROWS_PUBLISHED: "all rows of {table} were published by a run",
    HealthCheck.TEXT_HASHES: "canonical texts match their hashes",
    HealthCheck.STRUCTURES_READABLE: "structures of documents can be read",
    HealthCheck.CHUNKS_COMPLETE: "every document has its chunks",
    HealthCheck.CHUNKS_HAVE_DOCUMENT: "every chunk has its document",
    HealthCheck.CHUNK_SPANS: "chunks are the text of their spans",
    HealthCheck.CHUNK_TEXT_HASHES: "texts of chunks match their hashes",
    HealthCheck.CHUNK_IDS: "ids of chunks match document, span and text",
    HealthCheck.VECTORS_UNIT_LENGTH: "vectors are finite and of unit length",
    HealthCheck.VECTOR_HASHES: "vectors match their hashes",
    HealthCheck.CHUNKS_AGREE_WITH_DOCUMENT: "chunks agree with their document",
    HealthCheck.ATTACHMENTS_HAVE_DOCUMENT: "every attachment has its document",
    HealthCheck.QUARANTINED_HAVE_REJECT: "every quarantined document has a reject",
    HealthCheck.REJECTS_HAVE_DOCUMENT: "every reject has its document",
    HealthCheck.SEARCH_INDEXES_CURRENT: "search indexes are up to date",
    HealthCheck.CONDITIONS_KEPT: "the object store creates nothing twice",
    HealthCheck.NO_LEFTOVERS: "no files of crashed runs are left",
}


class Repair(StrEnum):
    """What repairs a finding; the value describes it to people."""

    FILES = "keep what can be read, make the rest again"
    RECORD = "record the present rows as published"
    GENERATION = "record the model again, if it is the one of the settings"
    FINISH = "finish the publication that a run began"
    RESTORE = "restore the rows that the last run published"
    REMAKE = "rebuild the documents' rows from the kept text; intact vectors are reused"
    REREAD = "read and parse the documents again"
    INDEX = "bring the search indexes up to date"
    SWEEP = "remove the files of crashed runs"
    NONE = "cannot be repaired here"
