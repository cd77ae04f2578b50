-- What a request cost in the end: reservation out, cost in. Doing it again changes only what differs.
-- KEYS: the request's record; pots that it takes from, besides those that the record knows.
-- ARGV: by whom (g: a gateway, which may be wrong; w: the writer, after whom no gateway counts), cost, how long the
-- record is kept in ms, the request's id; per pot of KEYS: slot, kind (c: of the calendar, w: of a window), expiry in ms
-- since the epoch.
-- Returns how many pots were changed.
local by, cost, kept_ms, id = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
local known = {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do known[fields[i]] = fields[i + 1] end
for i = 2, #KEYS do
    local base = 5 + 3 * (i - 2)
    if not known[KEYS[i]] then
        known[KEYS[i]] = table.concat({'n', '0', ARGV[base], ARGV[base + 1], ARGV[base + 2]}, ':')
    end
end

local function release(pot, amount)
    if redis.call('ZREM', pot .. ':held', id .. ':' .. amount) == 0 then return end
    local reserved = tonumber(redis.call('HGET', pot, 'r') or '0')
    redis.call('HSET', pot, 'r', string.format('%.0f', math.max(reserved - tonumber(amount), 0)))
end

local function extend(key, at)
    if redis.call('PEXPIRETIME', key) < at then redis.call('PEXPIREAT', key, at) end
end

local function rank(pot, spent, at)
    local head, subject = string.match(pot, '^(helicone:budget:%d+:%d+:)v:(.*)$')
    if not head then return end
    redis.call('ZADD', head .. 'top', string.format('%.0f', spent), subject)
    extend(head .. 'top', at)
end

local function add(pot, change, slot, kind, at)
    change = string.format('%.0f', change)
    local spent = tonumber(redis.call('HINCRBY', pot, slot, change))
    if kind == 'c' then
        spent = tonumber(redis.call('HINCRBY', pot, 't', change))
    else
        spent = 0
        local all = redis.call('HGETALL', pot)
        for i = 1, #all, 2 do if tonumber(all[i]) then spent = spent + tonumber(all[i + 1]) end end
    end
    extend(pot, at)
    rank(pot, spent, at)
end

local changed, record = 0, {}
for pot, state in pairs(known) do
    local was, amount, slot, kind, at = string.match(state, '^(%a):(%d+):(%d+):(%a):(%d+)$')
    local before = 0
    if was == 'r' then release(pot, amount) elseif was ~= 'n' then before = tonumber(amount) end
    if not (by == 'g' and was == 'w') then
        if cost ~= before then
            add(pot, cost - before, slot, kind, tonumber(at))
            changed = changed + 1
        end
        record[#record + 1] = pot
        record[#record + 1] = table.concat({by, ARGV[2], slot, kind, at}, ':')
    end
end
-- Of what cost nothing and reserved nothing there is nothing to remember.
if #record > 0 and (cost > 0 or #fields > 0) then
    redis.call('HSET', KEYS[1], unpack(record))
    redis.call('PEXPIRE', KEYS[1], kept_ms)
end
return changed
