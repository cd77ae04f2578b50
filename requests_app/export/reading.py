"""The rows of an export, a few megabytes at a time.

Page by page by key and not by a cursor of the database: an export may take an hour, and a transaction of that length
would hold up VACUUM, retention and every migration.
"""

from collections.abc import Iterator, Sequence
from uuid import UUID

from ingest_app.bodies import body_store
from requests_app import queries
from requests_app.export.columns import ExportedRow
from requests_app.filters import RequestFilter
from requests_app.queries import RequestRow

PAGE_ROWS = 1000
BATCH_BYTES = 4 << 20  # of bodies that are held at once; a single row may be larger


def exported_rows(
    *, organization_id: int, filters: RequestFilter, with_bodies: bool
) -> Iterator[list[ExportedRow]]:
    """Yields what matches, oldest first, without what arrives after the filter was made. `filters` must be valid.

    Raises FilterError for a search of bodies that cannot be done.
    """
    cursor = None
    while True:
        page = queries.list_requests(
            organization_id=organization_id,
            filters=filters,
            sort="created_at",
            cursor=cursor,
            limit=PAGE_ROWS,
        )
        # Else an export could run after the traffic for ever.
        rows = [row for row in page.rows if row.created_at < filters.now]
        yield from _exported(rows, with_bodies=with_bodies)
        cursor = page.next_cursor
        if cursor is None or len(rows) < len(page.rows):
            return


def picked_rows(
    *, organization_id: int, ids: Sequence[UUID], with_bodies: bool
) -> Iterator[list[ExportedRow]]:
    """Yields the requests with these ids that are still there, oldest first."""
    in_order = sorted(ids)  # ids of ours carry their time, so that a page is of one stretch of it
    for start in range(0, len(in_order), PAGE_ROWS):
        rows = queries.requests_with_ids(
            organization_id=organization_id, ids=in_order[start : start + PAGE_ROWS]
        )
        yield from _exported(rows, with_bodies=with_bodies)


def _exported(rows: list[RequestRow], *, with_bodies: bool) -> Iterator[list[ExportedRow]]:
    if with_bodies:
        for batch in _batches(rows):
            yield _with_bodies(batch)
    elif rows:
        yield [ExportedRow(row) for row in rows]


def _batches(rows: list[RequestRow]) -> Iterator[list[RequestRow]]:
    batch: list[RequestRow] = []
    size = 0
    for row in rows:
        row_bytes = row.request_bytes + row.response_bytes
        if batch and size + row_bytes > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += row_bytes
    if batch:
        yield batch


def _with_bodies(rows: list[RequestRow]) -> list[ExportedRow]:
    found = {key.id: bodies for key, bodies in body_store().get_many([row.key for row in rows])}
    return [ExportedRow(row, found.get(row.id)) for row in rows]
