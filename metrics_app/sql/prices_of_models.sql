-- prices_of_models: by which prices the latest requests of each model were charged.
-- params: organization_id; most: how many requests are looked at.
SELECT used.provider, used.model, price.usd_per_mtok
FROM (
    SELECT DISTINCT provider, model, price_id
    FROM (
        SELECT provider, model, price_id
        FROM request
        WHERE organization_id = %(organization_id)s
        ORDER BY created_at DESC, id DESC
        LIMIT %(most)s
    ) AS latest
    WHERE price_id IS NOT NULL
) AS used
JOIN price ON price.id = used.price_id
ORDER BY used.provider, used.model, price.id
