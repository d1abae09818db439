-- For wrk: one POST, again and again; at the end a line of JSON.
--   wrk … -s load.lua URL -- BODY_FILE NAME=VALUE...     (header fields)
function init(args)
  local file = assert(io.open(args[1], "rb"))
  wrk.method = "POST"
  wrk.body = file:read("*a")
  file:close()
  for i = 2, #args do
    local name, value = args[i]:match("^([^=]+)=(.*)$")
    wrk.headers[name] = value
  end
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"per_second": %.2f, "p50_us": %.1f, "p99_us": %.1f, "requests": %d, "refused": %d, "broken": %d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99),
    summary.requests, e.status, e.connect + e.read + e.write + e.timeout))
end
