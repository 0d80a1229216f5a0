"""What a Redis or Valkey server does for a cache that several proxies share: each at one stroke.

Names in the server, all under one prefix: `entry:KEY` an answer, which the server forgets when it
is too old; `bucket:BUCKET` key to vector; `index` key to `size:bucket`, with the sum of sizes
and a count of uses; `used` keys by last use; `ages` keys by when their answer was recorded. Keys
are in hex. What is not in `index`, `used` and `ages` is not there.

Each script is told a token last, and returns it, then how many entries went because of their
age, and then its own. Names are made
in the scripts: not for a cluster, whose scripts must be told them all.
"""

_COMMON = """
local prefix, oldest, token = KEYS[1], ARGV[1], ARGV[#ARGV]
local index, used, ages = prefix .. 'index', prefix .. 'used', prefix .. 'ages'

local function drop(key)
  local said = redis.call('HGET', index, key)
  redis.call('HDEL', index, key)
  redis.call('ZREM', used, key)
  redis.call('ZREM', ages, key)
  redis.call('UNLINK', prefix .. 'entry:' .. key)
  if said then
    local colon = string.find(said, ':', 1, true)
    local bucket = string.sub(said, colon + 1)
    redis.call('HINCRBY', index, '#bytes', -tonumber(string.sub(said, 1, colon - 1)))
    if bucket ~= '' then redis.call('HDEL', prefix .. 'bucket:' .. bucket, key) end
  end
end

local function use(key)
  redis.call('ZADD', used, redis.call('HINCRBY', index, '#uses', 1), key)
end

local function sweep()
  local old = redis.call('ZRANGEBYSCORE', ages, '-inf', '(' .. oldest)
  for _, key in ipairs(old) do drop(key) end
  return #old
end

-- a server that is short of memory may throw away one of the three, and not the others
local function mend()
  local count, fields = redis.call('ZCARD', used), redis.call('HLEN', index)
  local is_whole = redis.call('ZCARD', ages) == count and fields == count + 2
  if not is_whole and fields + count > 0 then redis.call('UNLINK', index, used, ages) end
end
"""

GET = (
    _COMMON
    + """
local key, aged = ARGV[2], sweep()
local found = redis.call('GET', prefix .. 'entry:' .. key)
local is_known = redis.call('ZSCORE', used, key)
if found and is_known then
  use(key)
  return {token, aged, 0, found}
end
if is_known then drop(key) elseif found then redis.call('UNLINK', prefix .. 'entry:' .. key) end
return {token, aged, is_known and 1 or 0, false}
"""
)
"""oldest, key: how many the server had thrown away itself, and the answer."""

PUT = (
    _COMMON
    + """
local key, packed, bucket, vector = ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local size, stored_at = tonumber(ARGV[6]), ARGV[7]
local lasts, index_lasts = ARGV[8], tonumber(ARGV[9])
local most_entries, most_bytes = tonumber(ARGV[10]), tonumber(ARGV[11])
local replaced, over, heavy = 0, 0, 0

local function keep(name)
  if redis.call('PTTL', name) < index_lasts then redis.call('PEXPIRE', name, index_lasts) end
end

mend()
local aged = sweep()
if redis.call('ZSCORE', used, key) then
  drop(key)
  replaced = 1
end
if size > most_bytes then return {token, aged, replaced, 0, 0} end
redis.call('SET', prefix .. 'entry:' .. key, packed, 'PX', lasts)
redis.call('HSET', index, key, size .. ':' .. bucket)
redis.call('HINCRBY', index, '#bytes', size)
redis.call('ZADD', ages, stored_at, key)
use(key)
if bucket ~= '' then
  redis.call('HSET', prefix .. 'bucket:' .. bucket, key, vector)
  keep(prefix .. 'bucket:' .. bucket)
end
for _, name in ipairs({index, used, ages}) do keep(name) end
aged = aged + sweep()
while redis.call('ZCARD', used) > most_entries do
  drop(redis.call('ZRANGE', used, 0, 0)[1])
  over = over + 1
end
while tonumber(redis.call('HGET', index, '#bytes')) > most_bytes do
  drop(redis.call('ZRANGE', used, 0, 0)[1])
  heavy = heavy + 1
end
return {token, aged, replaced, over, heavy}
"""
)
"""oldest, key, packed, bucket, vector, size, stored_at, two times to live in ms, two bounds."""

NEAR = (
    _COMMON
    + """
local aged = sweep()
return {token, aged, redis.call('HGETALL', prefix .. 'bucket:' .. ARGV[2])}
"""
)
"""oldest, bucket: keys and vectors, in turns."""

HELD = (
    _COMMON
    + """
mend()
local aged = sweep()
return {token, aged, redis.call('ZCARD', used), tonumber(redis.call('HGET', index, '#bytes') or 0)}
"""
)
"""oldest: entries and bytes."""

FORGET = (
    _COMMON
    + """
local count = redis.call('ZCARD', used)
redis.call('UNLINK', index, used, ages)
return {token, 0, count}
"""
)
"""Nothing that is there counts any more; how many there were."""
