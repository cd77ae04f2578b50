-- rollup_changed_row: for the sums of ingest_app.rollups, one row: before it changes with sign -1, and after it with 1.
-- params: sign; organization_id, created_at, id.
SELECT %(sign)s::integer AS sign, {columns}
FROM request
WHERE organization_id = %(organization_id)s AND created_at = %(created_at)s AND id = %(id)s
