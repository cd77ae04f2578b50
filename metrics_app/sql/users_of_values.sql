-- users_of_values: how many users there are of each value of a property.
-- params: the property's name; those of rows. To be filled in: rows, a SELECT of properties and user_id of requests.
SELECT properties ->> %s AS value, count(DISTINCT user_id) AS users
FROM ({rows}) AS one_row
GROUP BY value
