-- take_new_rows: the requests that a reader has not been told of yet, the longest waiting first, deleted as they are
-- returned. What another transaction is taking is left to it.
-- params: reader; most: at most so many of each organization, so that none waits behind another's flood.
DELETE FROM new_row
USING (
    SELECT waiting.organization_id, waiting.seq
    FROM new_row_reader
    CROSS JOIN LATERAL (
        SELECT new_row.organization_id, new_row.seq
        FROM new_row
        WHERE new_row.organization_id = new_row_reader.organization_id AND new_row.reader = %(reader)s
        ORDER BY new_row.seq
        LIMIT %(most)s
        FOR UPDATE SKIP LOCKED
    ) AS waiting
    WHERE new_row_reader.reader = %(reader)s
) AS picked
WHERE new_row.organization_id = picked.organization_id
  AND new_row.reader = %(reader)s
  AND new_row.seq = picked.seq
RETURNING new_row.organization_id, new_row.created_at, new_row.id
