-- sum_sessions_anew: writes what the rows of sessions add up to now, and deletes the sessions that have none.
-- params: organization_id; session_ids text[], each held by this transaction (hold_sessions).
WITH summed AS (
{summed}
), emptied AS (
    DELETE FROM session
    WHERE organization_id = %(organization_id)s AND session_id = ANY (%(session_ids)s)
      AND session_id NOT IN (SELECT session_id FROM summed)
)
UPDATE session SET {values}
FROM summed
WHERE session.organization_id = summed.organization_id AND session.session_id = summed.session_id
