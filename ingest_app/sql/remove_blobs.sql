-- remove_blobs: those of a batch of found garbage that no body began to use since. Under the place's exclusive lock.
-- params: organization_id; week; ids. Returns the number removed.
WITH gone AS (
    DELETE FROM blob
    WHERE organization_id = %(organization_id)s AND week = %(week)s AND id = ANY (%(ids)s)
      AND NOT EXISTS (
          SELECT FROM blob_touched
          WHERE blob_touched.organization_id = %(organization_id)s AND blob_touched.week = %(week)s
            AND blob_touched.id = blob.id
      )
    RETURNING object
), loose AS (
    INSERT INTO loose_object (organization_id, week, object)
    SELECT DISTINCT %(organization_id)s, %(week)s::date, object FROM gone WHERE object IS NOT NULL
    ON CONFLICT DO NOTHING
)
SELECT count(*) FROM gone
