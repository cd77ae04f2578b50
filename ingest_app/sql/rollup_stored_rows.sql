-- rollup_stored_rows: for the sums of ingest_app.rollups, all rows of a period of an organization.
-- params: organization_id; since, until timestamptz (half-open).
SELECT 1 AS sign, {columns}
FROM request
WHERE organization_id = %(organization_id)s AND created_at >= %(since)s AND created_at < %(until)s
