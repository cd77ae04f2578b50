-- crossed_properties: what requests come to by the values of two properties. A value is told by its place among those
-- asked for (1 is the first), 0 is any other one, and -1 that a request lacks the property.
-- params: the names of both properties; the values of each; those of rows.
-- To be filled in: most, how many characters of a value are looked at; rows, a SELECT of properties, status,
-- prompt_tokens and cost_nanodollars of requests.
SELECT
    CASE WHEN row_value IS NULL THEN -1 ELSE coalesce(array_position(row_values, row_value), 0) END AS row_place,
    CASE WHEN column_value IS NULL THEN -1 ELSE coalesce(array_position(column_values, column_value), 0) END
        AS column_place,
    count(*) AS requests,
    coalesce(sum(cost_nanodollars), 0) AS cost_nanodollars,
    count(*) FILTER (WHERE cost_nanodollars IS NULL AND prompt_tokens IS NOT NULL) AS unpriced,
    count(*) FILTER (WHERE status >= 400 OR status < 0) AS failures
FROM (
    SELECT
        left(properties ->> %s, {most}) AS row_value,
        left(properties ->> %s, {most}) AS column_value,
        %s::text[] AS row_values, %s::text[] AS column_values,
        status, prompt_tokens, cost_nanodollars
    FROM ({rows}) AS one_row
) AS valued
GROUP BY row_place, column_place
