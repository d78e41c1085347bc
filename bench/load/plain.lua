-- wrk's side of the plain measurement: every answer is looked at, nothing is averaged away.
-- Arguments: the file with the body, the words that a whole answer contains, and where wanted
--   per_s=N most=N   send N a second on a fixed schedule, whoever is late, and that many in all
--   tokens=FILE      take the next bearer token of the file, one a line, for each call
local threads = {}

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  marker = args[2]
  good, broken, statuses = 0, 0, {}
  local wanted = {}
  for index = 3, #args do
    local name, value = args[index]:match("^(%w+_?%w*)=(.*)$")
    wanted[name] = value
  end
  if wanted.per_s then pace(tonumber(wanted.per_s), tonumber(wanted.most)) end
  if wanted.tokens then take_turns(wanted.tokens) end
end

function pace(per_s, most)
  local ffi = require("ffi")
  ffi.cdef("typedef struct { long s; long us; } moment; int gettimeofday(moment *, void *);")
  local moment = ffi.new("moment")
  local sent, began = 0, nil
  function delay()
    ffi.C.gettimeofday(moment, nil)
    local now = (tonumber(moment.s) * 1e6 + tonumber(moment.us)) / 1000
    began = began or now
    sent = sent + 1
    if sent > most then return 3600000 end
    return math.max(0, math.floor(began + (sent - 1) * 1000 / per_s - now))
  end
end

function take_turns(path)
  local requests, index = {}, 0
  for token in io.lines(path) do
    wrk.headers["Authorization"] = "Bearer " .. token
    table.insert(requests, wrk.format())
  end
  function request()
    index = index % #requests + 1
    return requests[index]
  end
end

function response(status, headers, body)
  if status ~= 200 then
    local name = tostring(status)
    statuses[name] = (statuses[name] or 0) + 1
  elseif not body:find(marker, 1, true) then
    broken = broken + 1
  else
    good = good + 1
  end
end

function done(summary, latency, requests)
  local thread = threads[1]
  local seen = {}
  for status, count in pairs(thread:get("statuses")) do
    table.insert(seen, string.format('"%s":%d', status, count))
  end
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"good":%d,"broken":%d,"statuses":{%s},"connect":%d,"read":%d,"write":%d,'
      .. '"timeout":%d,"duration_us":%d,"p50_us":%.1f,"p99_us":%.1f}\n',
    thread:get("good"), thread:get("broken"), table.concat(seen, ","), errors.connect,
    errors.read, errors.write, errors.timeout, summary.duration,
    latency:percentile(50), latency:percentile(99)))
end
