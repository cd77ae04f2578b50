-- recompute_window: the next requests of one organization, whatever they cost.
-- params: organization_id; after_at, after_id: the key of the last row before, or a beginning and the least id; until
-- (exclusive), in the same week, so that one partition is looked at; rows: how many at most.
-- Returns no row when none are left, else how many they are and the key of the last one.
SELECT count(*) OVER (), created_at, id
FROM (
    SELECT created_at, id
    FROM request
    WHERE organization_id = %(organization_id)s
      AND created_at >= %(after_at)s AND created_at < %(until)s
      AND (created_at, id) > (%(after_at)s, %(after_id)s)
    ORDER BY created_at, id
    LIMIT %(rows)s
) AS next_rows
ORDER BY created_at DESC, id DESC
LIMIT 1
