-- insert_deliveries: requests that webhooks are to be told of. What is there already stays as it is.
-- params: ids, organization_ids, webhook_ids, request_created_ats, request_row_ids: arrays of the same length; now;
-- retried_until: no attempt begins later.
INSERT INTO webhook_delivery (
    id, organization_id, webhook_id, request_created_at, request_row_id, created_at, state, attempts, attempts_before,
    next_attempt_at, retried_until, last_outcome
)
SELECT
    id, organization_id, webhook_id, request_created_at, request_row_id, %(now)s, 'pending', 0, 0,
    %(now)s, %(retried_until)s, ''
FROM unnest(
    %(ids)s::uuid[], %(organization_ids)s::bigint[], %(webhook_ids)s::uuid[], %(request_created_ats)s::timestamptz[],
    %(request_row_ids)s::uuid[]
) AS told (id, organization_id, webhook_id, request_created_at, request_row_id)
ON CONFLICT DO NOTHING
