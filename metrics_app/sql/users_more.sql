-- users_more: of a few users, what sums do not know: their first request of all times, and the first and the latest of
-- `rows`. Reads request_user_idx.
-- params: organization_id; those of the rows, twice; users text[]. To be filled in: rows, a SELECT of requests.
SELECT
    chosen.user_id,
    (
        SELECT created_at FROM request WHERE organization_id = %s AND user_id = chosen.user_id AND user_id <> ''
        ORDER BY created_at LIMIT 1
    ),
    (SELECT created_at FROM ({rows}) AS one_row WHERE user_id = chosen.user_id ORDER BY created_at LIMIT 1),
    (SELECT created_at FROM ({rows}) AS one_row WHERE user_id = chosen.user_id ORDER BY created_at DESC LIMIT 1)
FROM unnest(%s::text[]) AS chosen (user_id)
