-- fill_bodies: bodies and words of a batch: those of the request of the pool that each repeats.
WITH bodies AS (
    INSERT INTO body (organization_id, created_at, id, request_body, response_body, preview, blob_ids)
    SELECT %(organization_id)s, filling.created_at, filling.id, request_body, response_body, preview, blob_ids
    FROM filling JOIN pool ON pool.n = filling.pool_n
)
INSERT INTO body_words (organization_id, created_at, id, words)
SELECT %(organization_id)s, filling.created_at, filling.id, words
FROM filling JOIN pool ON pool.n = filling.pool_n
