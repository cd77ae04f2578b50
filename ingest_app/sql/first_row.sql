-- first_row: when the oldest request of a selection came, from `since` on and before `until`. Reads one index
-- entry of each partition in between.
SELECT created_at
FROM request
WHERE organization_id = %(organization_id)s
  AND created_at >= %(since)s AND created_at < %(until)s
  AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
  AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
ORDER BY created_at
LIMIT 1
