-- What wrk asks and tells: each request for the next path of a list, the result as one line.
-- Arguments: method, file of paths, number of the first, then headers, each "Name: value".

local requests, at = {}, 0

function init(args)
   local headers = {}
   for i = 4, #args do
      local name, value = args[i]:match("^(.-): (.*)$")
      headers[name] = value
   end
   for path in io.lines(args[2]) do
      requests[#requests + 1] = wrk.format(args[1], path, headers)
   end
   at = tonumber(args[3])
end

function request()
   at = at % #requests + 1
   return requests[at]
end

function done(summary, latency, _)
   local e = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"seconds":%f,"p50_ms":%f,"p99_ms":%f,"failures":%d}\n',
      summary.requests, summary.duration / 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
      e.connect + e.read + e.write + e.status + e.timeout))
end
