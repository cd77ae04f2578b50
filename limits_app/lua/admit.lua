-- May a request go up? Takes from all its rate limits and reserves in all its budgets, or nothing at all.
-- KEYS: the request's record; pots of rate limits; pots of budgets.
-- ARGV: now in ms since the epoch (0: this server's clock), lease in ms (0: only look at budgets), how long the record
-- is kept in ms, the request's id, number of rate limits;
-- per rate limit: 1 when it takes one now (0: only looks), slot in ms, window in ms, quota;
-- per budget: then (warn, block, cheaper), 1 when it is closed while unknown, slot, first slot that counts (-1: all),
-- expiry in ms since the epoch, amount, worst case.
-- Returns {verdict, which limit (from 1), per rate limit: left, reset in ms (-1: full), …, per budget: spent, reserved,
-- oldest slot in use (-1: none), …}. Verdicts: 0 pass, 1 rate limited, 2 a budget blocks, 3 a cheaper model, 4 unknown.
local now, lease, kept_ms, id, n_rates = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4], tonumber(ARGV[5])
if now == 0 then
    local time = redis.call('TIME')
    now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local answer = {0, 0}
local outdated = {}

local function in_window(key, first_slot)
    local sum, oldest, old = 0, -1, {}
    local fields = redis.call('HGETALL', key)
    for i = 1, #fields, 2 do
        local slot = tonumber(fields[i])
        if slot and slot < first_slot then
            old[#old + 1] = fields[i]
        elseif slot then
            local used = tonumber(fields[i + 1])
            sum = sum + used
            if used > 0 and (oldest < 0 or slot < oldest) then oldest = slot end
        end
    end
    outdated[key] = old
    return sum, oldest
end

local function extend(key, at)
    if redis.call('PEXPIRETIME', key) < at then redis.call('PEXPIREAT', key, at) end
end

local function forget_outdated(key)
    local old = outdated[key]
    if old and #old > 0 then redis.call('HDEL', key, unpack(old)) end
end

local function free_expired(key)
    local gone = redis.call('ZRANGEBYSCORE', key .. ':held', '-inf', now, 'LIMIT', 0, 1000)
    if #gone == 0 then return end
    redis.call('ZREM', key .. ':held', unpack(gone))
    local freed = 0
    for _, member in ipairs(gone) do freed = freed + tonumber(string.match(member, ':(%d+)$')) end
    local reserved = tonumber(redis.call('HGET', key, 'r') or '0')
    redis.call('HSET', key, 'r', string.format('%.0f', math.max(reserved - freed, 0)))
end

local function deny(verdict, which)
    if answer[1] == 0 then answer[1], answer[2] = verdict, which end
end

for i = 1, n_rates do
    local key, base = KEYS[1 + i], 2 + 4 * i
    local slot_ms, window_ms, quota = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2]), tonumber(ARGV[base + 3])
    local used, oldest = in_window(key, math.floor((now - window_ms) / slot_ms))
    if used >= quota then deny(1, i) end
    answer[#answer + 1] = quota - used
    answer[#answer + 1] = oldest < 0 and -1 or (oldest + 1) * slot_ms + window_ms - now
end

local n_budgets = #KEYS - 1 - n_rates
local over, cheaper, unknown = 0, 0, 0
for i = 1, n_budgets do
    local key, base = KEYS[1 + n_rates + i], 6 + 4 * n_rates + 7 * (i - 1)
    local does, first_slot = ARGV[base], tonumber(ARGV[base + 3])
    local amount, worst = tonumber(ARGV[base + 5]), tonumber(ARGV[base + 6])
    free_expired(key)
    local spent, oldest = 0, -1
    if first_slot < 0 then
        spent = tonumber(redis.call('HGET', key, 't') or '0')
    else
        spent, oldest = in_window(key, first_slot)
    end
    local reserved = tonumber(redis.call('HGET', key, 'r') or '0')
    if spent + reserved + worst > amount or spent + reserved >= amount then
        if does == 'block' and over == 0 then over = i end
        if does == 'cheaper' and cheaper == 0 then cheaper = i end
    end
    if ARGV[base + 1] == '1' and unknown == 0 then
        if redis.call('EXISTS', string.match(key, '^helicone:budget:%d+') .. ':ready') == 0 then unknown = i end
    end
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = spent, reserved, oldest
end
if over > 0 then deny(2, over) end
if unknown > 0 then deny(4, unknown) end
if cheaper > 0 then deny(3, cheaper) end
if answer[1] > 0 then return answer end

local record = {}
for i = 1, n_rates do
    local key, base = KEYS[1 + i], 2 + 4 * i
    local slot_ms, window_ms = tonumber(ARGV[base + 1]), tonumber(ARGV[base + 2])
    local slot = string.format('%.0f', math.floor(now / slot_ms))
    local expires_at = string.format('%.0f', now + window_ms + slot_ms)
    if ARGV[base] == '1' then
        forget_outdated(key)
        redis.call('HINCRBY', key, slot, 1)
        extend(key, tonumber(expires_at))
    elseif lease > 0 then
        record[#record + 1], record[#record + 2] = key, 'r:0:' .. slot .. ':w:' .. expires_at
    end
end
if lease > 0 then
    for i = 1, n_budgets do
        local key, base = KEYS[1 + n_rates + i], 6 + 4 * n_rates + 7 * (i - 1)
        local slot, expires_at, worst = ARGV[base + 2], ARGV[base + 4], ARGV[base + 6]
        local kind = tonumber(ARGV[base + 3]) < 0 and 'c' or 'w'
        forget_outdated(key)
        if worst ~= '0' then
            -- A gateway whose connection broke may ask twice.
            if redis.call('ZADD', key .. ':held', now + lease, id .. ':' .. worst) == 1 then
                redis.call('HINCRBY', key, 'r', worst)
            end
            extend(key, tonumber(expires_at))
            extend(key .. ':held', tonumber(expires_at))
        end
        record[#record + 1], record[#record + 2] = key, table.concat({'r', worst, slot, kind, expires_at}, ':')
    end
    if #record > 0 then
        redis.call('HSET', KEYS[1], unpack(record))
        redis.call('PEXPIRE', KEYS[1], kept_ms)
    end
end
return answer
