-- recompute_costs: gives requests of one organization other costs, and puts their sessions on the list of those to be
-- summed anew.
-- params: organization_id; created_ats, ids, costs, price_ids: arrays, an entry per request; first_at, last_at: the
-- least and the largest of created_ats, in one week.
-- Returns created_at of those that are still there.
WITH changed AS (
    UPDATE request
    SET cost_nanodollars = anew.cost, price_id = anew.price
    FROM unnest(%(created_ats)s::timestamptz[], %(ids)s::uuid[], %(costs)s::bigint[], %(price_ids)s::bigint[])
        AS anew (created_at, id, cost, price)
    WHERE request.organization_id = %(organization_id)s
      AND request.created_at >= %(first_at)s AND request.created_at <= %(last_at)s
      AND request.created_at = anew.created_at AND request.id = anew.id
    RETURNING request.created_at, request.session_id
), sums AS (  -- are made anew by session_rows.mend, which sees these rows as they are now
    INSERT INTO stale_session (organization_id, session_id)
    SELECT DISTINCT %(organization_id)s::bigint, session_id FROM changed WHERE session_id <> '' ORDER BY session_id
    ON CONFLICT (organization_id, session_id) DO UPDATE SET session_id = excluded.session_id
)
SELECT created_at FROM changed
