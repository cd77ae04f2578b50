-- users_seen: when the first and the latest request of each user came, of those in `rows`.
-- params: those of the rows. To be filled in: rows, a SELECT of requests; most, how many characters of an id are known.
SELECT left(user_id, {most}) AS value, min(created_at) AS first_at, max(created_at) AS last_at
FROM ({rows}) AS one_row
GROUP BY 1
