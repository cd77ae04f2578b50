-- A request is still under way: its reservations live on, also one that had run out.
-- KEYS: the request's record. ARGV: now in ms since the epoch (0: this server's clock), lease in ms, how long the
-- record is kept in ms, the request's id.
local now = tonumber(ARGV[1])
if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
    local pot, amount = fields[i], string.match(fields[i + 1], '^r:(%d+):')
    if amount and amount ~= '0' then
        if redis.call('ZADD', pot .. ':held', now + tonumber(ARGV[2]), ARGV[4] .. ':' .. amount) == 1 then
            redis.call('HINCRBY', pot, 'r', amount)
        end
    end
end
if #fields > 0 then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return #fields / 2
