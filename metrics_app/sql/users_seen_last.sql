-- users_seen_last: users by when their latest request came, which sums say to the day only.
-- params: those of the rows; a pattern, when `matching` has one; at_most, skipped: how many users, and behind how many.
-- To be filled in: rows, a SELECT of requests; most, how many characters of an id are known; matching, a condition on
-- `value`; direction.
SELECT value
FROM (
    SELECT left(user_id, {most}) AS value, max(created_at) AS seen_at
    FROM ({rows}) AS one_row
    GROUP BY 1
) AS seen
WHERE {matching}
ORDER BY seen_at {direction}, value
LIMIT %s OFFSET %s
