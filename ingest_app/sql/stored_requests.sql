-- stored_requests: which of these requests of one organization are stored.
-- params: organization_id; created_ats, ids: their keys, as arrays; first, last: the earliest and latest of created_ats,
-- which spares the planner all other weeks.
SELECT id
FROM request
WHERE organization_id = %(organization_id)s
  AND created_at BETWEEN %(first)s AND %(last)s
  AND created_at = ANY (%(created_ats)s)
  AND id = ANY (%(ids)s)
