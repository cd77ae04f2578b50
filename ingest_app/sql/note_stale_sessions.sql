-- note_stale_sessions: puts on the list of sessions to be summed anew those at work in a period, and those that should
-- have been: as the session table and as the requests say.
-- params: organization_id; since, until timestamptz (half-open).
INSERT INTO stale_session (organization_id, session_id)
SELECT organization_id, session_id FROM session
WHERE organization_id = %(organization_id)s
  AND last_at >= %(since)s::timestamptz AND first_at < %(until)s::timestamptz
UNION
SELECT organization_id, session_id FROM request
WHERE organization_id = %(organization_id)s AND session_id <> ''
  AND created_at >= %(since)s::timestamptz AND created_at < %(until)s::timestamptz
ORDER BY session_id
ON CONFLICT (organization_id, session_id) DO UPDATE SET session_id = excluded.session_id
