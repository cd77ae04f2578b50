-- clear_deliveries: some deliveries that were made before a moment, with their attempts, of all webhooks and of those
-- that are gone.
-- params: before; most: how many at a time.
-- Returns how many there were.
WITH old AS (
    DELETE FROM webhook_delivery
    WHERE id IN (SELECT id FROM webhook_delivery WHERE created_at < %(before)s ORDER BY created_at LIMIT %(most)s)
    RETURNING id
), attempts AS (
    DELETE FROM webhook_attempt USING old WHERE webhook_attempt.delivery_id = old.id
)
SELECT count(*) FROM old
