-- What the database says was spent by a subject. Reservations stay.
-- KEYS: the pot, the set of those who spent most. ARGV: the subject, kind (c: of the calendar, w: of a window), expiry in
-- ms since the epoch, the first slot of which the database may not know all yet; then pairs of slot and spent.
-- Older slots become what is said; of later ones the larger number stands, since Redis may be ahead.
local subject, kind, at, open_slot = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local said, total = {}, 0
for i = 5, #ARGV, 2 do said[ARGV[i]] = tonumber(ARGV[i + 1]) end
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
    local slot = tonumber(fields[i])
    if slot and slot >= open_slot then
        said[fields[i]] = math.max(said[fields[i]] or 0, tonumber(fields[i + 1]))
    elseif slot and not said[fields[i]] then
        redis.call('HDEL', KEYS[1], fields[i])
    end
end
for slot, spent in pairs(said) do
    redis.call('HSET', KEYS[1], slot, string.format('%.0f', spent))
    total = total + spent
end
if kind == 'c' then redis.call('HSET', KEYS[1], 't', string.format('%.0f', total)) end
redis.call('ZADD', KEYS[2], string.format('%.0f', total), subject)
for _, key in ipairs(KEYS) do
    if redis.call('PEXPIRETIME', key) < tonumber(at) then redis.call('PEXPIREAT', key, at) end
end
return string.format('%.0f', total)
