-- claim_deliveries: what is sent next, the longest due first. Until `claimed_until` nobody else takes it; who claims it
-- and dies loses it then. What another transaction is claiming is left to it.
-- params: webhook_ids, rooms: arrays of the same length, how many of each webhook at most; room: how many in all; now;
-- claimed_until.
-- Returns id, webhook_id, organization_id, request_created_at, request_row_id, attempts (with this one),
-- attempts_before, retried_until.
WITH due AS (
    SELECT waiting.id
    FROM unnest(%(webhook_ids)s::uuid[], %(rooms)s::int[]) AS webhook (id, room)
    CROSS JOIN LATERAL (
        SELECT webhook_delivery.id, webhook_delivery.next_attempt_at
        FROM webhook_delivery
        WHERE webhook_delivery.webhook_id = webhook.id
          AND webhook_delivery.state IN ('pending', 'failed')
          AND webhook_delivery.next_attempt_at <= %(now)s
        ORDER BY webhook_delivery.next_attempt_at
        LIMIT webhook.room
        FOR UPDATE SKIP LOCKED
    ) AS waiting
    ORDER BY waiting.next_attempt_at
    LIMIT %(room)s
)
UPDATE webhook_delivery
SET attempts = attempts + 1, next_attempt_at = %(claimed_until)s
FROM due
WHERE webhook_delivery.id = due.id
RETURNING webhook_delivery.id, webhook_id, organization_id, request_created_at, request_row_id, attempts,
    attempts_before, retried_until
