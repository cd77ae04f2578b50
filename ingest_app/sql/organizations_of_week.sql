-- organizations_of_week: whose requests are in a week. params: since, until (the week, half-open).
-- One look into the index per organization, however many rows they have.
WITH RECURSIVE present AS (
    (
        SELECT organization_id FROM request
        WHERE created_at >= %(since)s AND created_at < %(until)s
        ORDER BY organization_id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT request.organization_id FROM request
        WHERE request.created_at >= %(since)s AND request.created_at < %(until)s
          AND request.organization_id > present.organization_id
        ORDER BY request.organization_id LIMIT 1
    )
    FROM present WHERE present.organization_id IS NOT NULL
)
SELECT organization_id FROM present WHERE organization_id IS NOT NULL
