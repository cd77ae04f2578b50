-- note_dropped_weeks: puts the sessions that were at work in dropped weeks on the list of those to be summed anew, and
-- takes what was in those weeks out of datasets.
WITH gone AS (
    DELETE FROM dropped_week RETURNING week
), span AS (
    SELECT min(week)::timestamp AT TIME ZONE 'UTC' AS since,
           (max(week) + 7)::timestamp AT TIME ZONE 'UTC' AS until
    FROM gone
), gone_of_datasets AS (
    DELETE FROM dataset_row USING gone
    WHERE request_created_at >= week::timestamp AT TIME ZONE 'UTC'
      AND request_created_at < (week + 7)::timestamp AT TIME ZONE 'UTC'
)
INSERT INTO stale_session (organization_id, session_id)
SELECT organization_id, session_id
FROM session, span
WHERE last_at >= since AND first_at < until
ORDER BY organization_id, session_id
ON CONFLICT (organization_id, session_id) DO UPDATE SET session_id = excluded.session_id
