-- unsealed_bodies: the next bodies of one organization that are not encrypted under its current key, in order.
-- params: organization_id; after_at, after_id: the key of the last one before; head: what is encrypted under the
-- current key begins with; with_plain: also those that are not encrypted at all; rows: the most.
-- Returns their keys, and how many bytes each is when it is put together.
SELECT found.created_at, found.id, coalesce(request.request_bytes::bigint + request.response_bytes, 0)
FROM (
    SELECT created_at, id
    FROM body
    WHERE organization_id = %(organization_id)s
      AND created_at >= %(after_at)s AND (created_at, id) > (%(after_at)s, %(after_id)s)
      AND substring(sealed_preview FROM 1 FOR length(%(head)s::bytea)) IS DISTINCT FROM %(head)s::bytea
      AND (%(with_plain)s OR sealed_preview IS NOT NULL)
    ORDER BY created_at, id
    LIMIT %(rows)s
) AS found
LEFT JOIN request ON request.organization_id = %(organization_id)s AND request.created_at >= %(after_at)s
    AND request.created_at = found.created_at AND request.id = found.id
ORDER BY found.created_at, found.id
