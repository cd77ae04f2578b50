-- count_rows: how many requests a selection has, counted up to `most`.
SELECT count(*)
FROM (
    SELECT
    FROM request
    WHERE organization_id = %(organization_id)s AND created_at < %(until)s
      AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
      AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    LIMIT %(most)s
) AS counted
