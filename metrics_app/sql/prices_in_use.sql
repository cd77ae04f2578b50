-- prices_in_use: by which prices the latest requests were charged, and how many by each.
-- params: organization_id; most: how many requests; prices: how many rows to return.
SELECT price.provider, price.model, price.source, price.usd_per_mtok, used.requests, used.cost, used.last_at
FROM (
    SELECT price_id, count(*) AS requests, sum(cost_nanodollars)::bigint AS cost, max(created_at) AS last_at
    FROM (
        SELECT price_id, cost_nanodollars, created_at
        FROM request
        WHERE organization_id = %(organization_id)s
        ORDER BY created_at DESC, id DESC
        LIMIT %(most)s
    ) AS latest
    WHERE price_id IS NOT NULL
    GROUP BY price_id
) AS used
JOIN price ON price.id = used.price_id
ORDER BY used.requests DESC, price.model, price.id
LIMIT %(prices)s
