-- note_attempts: what came of attempts. One whose delivery somebody else has taken up since, because it was thought
-- dead, changes nothing.
-- params: arrays of the same length: delivery_ids; numbers; states: what each delivery is then; next_attempt_ats: NULL
-- where there is none; began_ats; duration_mss; statuses: NULL without an answer; outcomes; answers; are_delivered;
-- and now.
-- Returns the delivery's id of each attempt that was noted.
WITH attempt AS (
    SELECT *
    FROM unnest(
        %(delivery_ids)s::uuid[], %(numbers)s::int[], %(states)s::text[], %(next_attempt_ats)s::timestamptz[],
        %(began_ats)s::timestamptz[], %(duration_mss)s::int[], %(statuses)s::smallint[], %(outcomes)s::text[],
        %(answers)s::text[], %(are_delivered)s::boolean[]
    ) AS given (
        delivery_id, number, state, next_attempt_at, began_at, duration_ms, status, outcome, answer, is_delivered
    )
), noted AS (
    UPDATE webhook_delivery
    SET state = attempt.state,
        next_attempt_at = coalesce(attempt.next_attempt_at, webhook_delivery.next_attempt_at),
        last_status = attempt.status,
        last_outcome = attempt.outcome,
        last_duration_ms = attempt.duration_ms,
        finished_at = CASE WHEN attempt.state = 'failed' THEN NULL ELSE %(now)s::timestamptz END
    FROM attempt
    WHERE webhook_delivery.id = attempt.delivery_id
      AND webhook_delivery.attempts = attempt.number
      AND webhook_delivery.state IN ('pending', 'failed')
    RETURNING webhook_delivery.id
)
INSERT INTO webhook_attempt (delivery_id, number, began_at, duration_ms, status, outcome, answer, is_delivered)
SELECT delivery_id, number, began_at, duration_ms, status, outcome, answer, is_delivered
FROM attempt
JOIN noted ON noted.id = attempt.delivery_id
ON CONFLICT DO NOTHING
RETURNING delivery_id
