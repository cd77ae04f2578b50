-- values_of_users: what histograms of users are of: their requests, and what these cost in US dollars.
-- params: those of the users. To be filled in: users, a SELECT of what the requests of each add up to.
SELECT one.name, one.value
FROM ({users}) AS summed CROSS JOIN LATERAL (
    VALUES
        ('request_count', requests::double precision),
        ('user_cost', cost_nanodollars::double precision / 1e9)
) AS one (name, value)
