-- find_garbage: the blobs of one organization and week that no body of it names, with their size, into a table of
-- this connection. Reads every body of that organization and week; sorts on disk, so memory does not grow.
-- params: organization_id; week; since, until (the week, half-open).
CREATE TEMP TABLE garbage AS
SELECT blob.id, coalesce(pg_column_size(blob.data), 0) AS bytes
FROM blob
WHERE blob.organization_id = %(organization_id)s AND blob.week = %(week)s
  AND NOT EXISTS (
      SELECT
      FROM body CROSS JOIN unnest(body.blob_ids) AS used (id)
      WHERE body.organization_id = %(organization_id)s
        AND body.created_at >= %(since)s AND body.created_at < %(until)s
        AND used.id = blob.id
  )
