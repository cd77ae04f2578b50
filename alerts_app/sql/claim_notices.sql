-- claim_notices: takes notices that are due for one attempt, at most one of each receiver, the oldest first. A notice waits
-- for earlier ones of its thread to the same receiver, so that what resolves never overtakes what fires. One that would
-- only come due in hours was put there by a clock that has been set back since.
-- params: busy text[] (receivers that are being sent to: organization id, space, receiver); lease_s, most int.
-- Returns id of each, in no order. Times are the database's.
UPDATE notice
SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => %(lease_s)s)
WHERE
    state = 'pending'
    AND (next_attempt_at <= now() OR next_attempt_at > now() + interval '3 hours')
    AND id IN (
        SELECT id
        FROM (
            SELECT DISTINCT ON (organization_id, receiver) id, created_at
            FROM notice AS due
            WHERE
                state = 'pending'
                AND (next_attempt_at <= now() OR next_attempt_at > now() + interval '3 hours')
                AND NOT organization_id || ' ' || receiver = ANY (%(busy)s::text[])
                AND NOT EXISTS (
                    SELECT
                    FROM notice AS earlier
                    WHERE
                        earlier.organization_id = due.organization_id
                        AND earlier.thread_key = due.thread_key
                        AND earlier.thread_key <> ''
                        AND earlier.receiver = due.receiver
                        AND earlier.state = 'pending'
                        AND (earlier.created_at, earlier.id) < (due.created_at, due.id)
                )
            ORDER BY organization_id, receiver, created_at, id
        ) AS first_of_each
        ORDER BY created_at
        LIMIT %(most)s
    )
RETURNING id
