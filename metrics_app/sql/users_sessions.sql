-- users_sessions: in how many sessions that were at work in a period each of a few users took part. Reads
-- session_last_at_idx or session_user_ids_idx; of a session with more than 50 users, the first 50 count.
-- params: organization_id, since, until, users text[].
SELECT one.user_id, count(*)
FROM session CROSS JOIN unnest(user_ids) AS one (user_id)
WHERE organization_id = %(organization_id)s AND last_at >= %(since)s AND first_at < %(until)s
  AND user_ids && %(users)s::text[] AND one.user_id = ANY (%(users)s)
GROUP BY one.user_id
