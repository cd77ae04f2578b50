-- take_stale_sessions: takes sessions that are to be summed anew off the list, all of one organization; not those that
-- another process takes, or puts on it, at this moment. Returns organization_id and session_id.
-- params: organization_id, NULL for whichever comes first; most integer.
DELETE FROM stale_session
USING (
    SELECT organization_id, session_id
    FROM stale_session
    WHERE organization_id = coalesce(
        %(organization_id)s::bigint, (SELECT organization_id FROM stale_session ORDER BY organization_id LIMIT 1)
    )
    ORDER BY session_id
    LIMIT %(most)s
    FOR UPDATE SKIP LOCKED
) AS taken
WHERE stale_session.organization_id = taken.organization_id AND stale_session.session_id = taken.session_id
RETURNING stale_session.organization_id, stale_session.session_id
