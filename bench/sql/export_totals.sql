-- export_totals: what an export of everything has to add up to: requests, nano-dollars, prompt tokens, and the last 32
-- bits of all ids. Reads all of the organization's requests.
-- params: organization_id
SELECT count(*), coalesce(sum(cost_nanodollars), 0)::bigint, coalesce(sum(prompt_tokens), 0)::bigint,
       coalesce(sum(('x' || right(id::text, 8))::bit(32)::bigint), 0)::bigint
FROM request
WHERE organization_id = %(organization_id)s
