-- scores_of_rows: the scores of requests, one a row; the thumb is one, too.
-- params: the thumb's name; those of the rows. To be filled in: rows, a SELECT of created_at, scores and feedback.
SELECT created_at, one.name, one.value::double precision AS value
FROM (
    SELECT
        created_at,
        CASE WHEN feedback IS NULL THEN scores ELSE scores || jsonb_build_object(%s::text, feedback) END AS scores
    FROM ({rows}) AS one_row
) AS scored CROSS JOIN LATERAL jsonb_each_text(scores) AS one (name, value)
