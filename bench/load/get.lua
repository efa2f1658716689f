-- POST orderinfo/get, of orders that are there.
-- wrk … -s get.lua URL -- FILE

local report = require("report")
local orders = require("orders")

local requests = {}
local next_request = 0

function init(arguments) requests = orders.gets(arguments[1]) end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
