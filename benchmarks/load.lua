-- What wrk asks and tells: each request for the next path of a list, the result as one line.
-- Arguments: method, file of paths, number of the first, then headers, each "Name: value".
-- A path in the file may have a header of its own behind it, after a tab.

local requests, at = {}, 0

function init(args)
   local headers = {}
   for i = 4, #args do
      local name, value = args[i]:match("^(.-): (.*)$")
      headers[name] = value
   end
   for line in io.lines(args[2]) do
      local path, own, value = line:match("^(.-)\t(.-): (.*)$")
      local all = {}
      for name, each in pairs(headers) do
         all[name] = each
      end
      if own then
         all[own] = value
      end
      requests[#requests + 1] = wrk.format(args[1], path or line, all)
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
