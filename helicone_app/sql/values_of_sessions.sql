-- values_of_sessions: what histograms of sessions are of: requests, seconds from the first to the last, US dollars.
-- params: those of the rows. To be filled in: rows, a SELECT of sessions.
SELECT one.name, one.value
FROM ({rows}) AS session CROSS JOIN LATERAL (
    VALUES
        ('session_count', requests::double precision),
        ('session_duration', floor(extract(epoch FROM last_at - first_at))::double precision),
        ('session_cost', cost_nanodollars / 1e9::double precision)
) AS one (name, value)
