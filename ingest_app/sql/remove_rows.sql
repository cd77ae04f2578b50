-- remove_rows: one batch of one organization's requests of one week, with their bodies, what search knows of them and
-- their places in datasets; puts their sessions on the list of those to be summed anew.
-- params: organization_id; after_at, after_id: the key of the last row of the batch before, or the beginning of the
-- week, so that no batch wades through what those before it left behind; until (exclusive), in the same week, so that
-- one partition is looked at; user_id, session_id: NULL for whomever; rows, bytes: the most to remove, at least one
-- row goes.
-- Returns no row when nothing is left, else the number removed and the key of the last one.
WITH picked AS MATERIALIZED (
    SELECT created_at, id
    FROM request
    WHERE organization_id = %(organization_id)s
      AND created_at >= %(after_at)s AND created_at < %(until)s
      AND (created_at, id) > (%(after_at)s, %(after_id)s)
      AND (%(user_id)s::text IS NULL OR user_id = %(user_id)s)
      AND (%(session_id)s::text IS NULL OR session_id = %(session_id)s)
    ORDER BY created_at, id
    LIMIT %(rows)s
), measured AS (
    SELECT picked.created_at, picked.id, sum(size.bytes) OVER earlier AS bytes_before
    FROM picked
    LEFT JOIN LATERAL (
        SELECT coalesce(pg_column_size(request_body), 0) + coalesce(pg_column_size(response_body), 0) AS bytes
        FROM body
        WHERE body.organization_id = %(organization_id)s
          AND body.created_at >= %(after_at)s AND body.created_at < %(until)s
          AND body.created_at = picked.created_at AND body.id = picked.id
    ) AS size ON true
    WINDOW earlier AS (
        ORDER BY picked.created_at, picked.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
), doomed AS MATERIALIZED (
    SELECT created_at, id FROM measured WHERE coalesce(bytes_before, 0) < %(bytes)s
), gone_bodies AS (
    DELETE FROM body USING doomed
    WHERE body.organization_id = %(organization_id)s
      AND body.created_at >= %(after_at)s AND body.created_at < %(until)s
      AND body.created_at = doomed.created_at AND body.id = doomed.id
), gone_words AS (
    DELETE FROM body_words USING doomed
    WHERE body_words.organization_id = %(organization_id)s
      AND body_words.created_at >= %(after_at)s AND body_words.created_at < %(until)s
      AND body_words.created_at = doomed.created_at AND body_words.id = doomed.id
), gone_of_datasets AS (
    DELETE FROM dataset_row USING doomed
    WHERE dataset_row.organization_id = %(organization_id)s
      AND dataset_row.request_created_at = doomed.created_at AND dataset_row.request_row_id = doomed.id
), gone AS (
    DELETE FROM request USING doomed
    WHERE request.organization_id = %(organization_id)s
      AND request.created_at >= %(after_at)s AND request.created_at < %(until)s
      AND request.created_at = doomed.created_at AND request.id = doomed.id
    RETURNING session_id
), shorter AS (  -- their sums are made anew (session_rows.mend), which waits until these rows are gone
    INSERT INTO stale_session (organization_id, session_id)
    SELECT DISTINCT %(organization_id)s::bigint, session_id FROM gone WHERE session_id <> '' ORDER BY session_id
    ON CONFLICT (organization_id, session_id) DO UPDATE SET session_id = excluded.session_id
)
SELECT (SELECT count(*) FROM gone), created_at, id FROM doomed ORDER BY created_at DESC, id DESC LIMIT 1
