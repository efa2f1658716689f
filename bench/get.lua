-- POST orderinfo/get, of orders that are there.
-- wrk … -s get.lua URL -- FILE, which has a line `customer_id order_id` for each.

local report = require("report")

local requests = {}
local next_request = 0

function init(arguments)
  local headers = { ["Content-Type"] = "application/json" }
  for line in io.lines(arguments[1]) do
    local customer, order = line:match("^(%S+) (%S+)$")
    local body = string.format('{"customer_id":"%s","order_id":"%s"}', customer, order)
    requests[#requests + 1] = wrk.format("POST", "/api/v1/orderinfo/get", headers, body)
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
