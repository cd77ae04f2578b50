-- rollup_new_rows: for the sums of ingest_app.rollups, the rows of a batch that were new; one that comes again in it, once.
-- params: created_ats timestamptz[], ids uuid[]: of the new rows, which request_staging still holds.
SELECT DISTINCT ON (organization_id, created_at, id) 1 AS sign, {columns}
FROM request_staging
JOIN unnest(%(created_ats)s::timestamptz[], %(ids)s::uuid[]) AS new (created_at, id) USING (created_at, id)
