-- POST order/create, of many customers and products.
-- wrk … -s create.lua URL -- PRODUCTS CUSTOMERS [DIFFERENT_ORDERS]

local report = require("report")
local orders = require("orders")

-- Made once and repeated, so that the client costs as little as it can.
local requests = {}
local next_request = 0

function init(arguments)
  local products, customers = tonumber(arguments[1]), tonumber(arguments[2])
  math.randomseed(os.time())
  local kept = tonumber(arguments[3]) or 4096
  for i = 1, kept do requests[i] = orders.create(products, customers) end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
