-- fill_week: one batch of requests of one week, as keys: which request of the pool each repeats, and when it came.
-- params: organization_id, first, last (row numbers), start (of the week), step_us, pool (size of pg_temp.pool).
INSERT INTO filling (n, created_at, id, pool_n)
SELECT n, at,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')
        || '7' || substr(digest, 1, 3) || '8' || substr(digest, 4, 15))::uuid,
       1 + floor(%(pool)s * random())::integer
FROM (
    SELECT n, %(start)s::timestamptz + (n - %(first_of_week)s) * %(step_us)s::bigint * interval '1 microsecond' AS at,
           md5('request ' || n) AS digest
    FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
) AS numbered
