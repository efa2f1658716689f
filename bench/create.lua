-- POST order/create, of many customers and products.
-- wrk … -s create.lua URL -- PRODUCTS CUSTOMERS

local report = require("report")

-- Made once and repeated, so that the client costs as little as it can.
local kept = 4096
local requests = {}
local next_request = 0

function init(arguments)
  local products, customers = tonumber(arguments[1]), tonumber(arguments[2])
  math.randomseed(os.time())
  local headers = { ["Content-Type"] = "application/json" }
  for i = 1, kept do
    local body = string.format(
      '{"customer_id":"customer%05d","product_id":"product%05d","number":%d,"order_date":"2021-%02d-%02d"}',
      math.random(customers), math.random(products), math.random(9), math.random(12), math.random(28))
    requests[i] = wrk.format("POST", "/api/v1/order/create", headers, body)
  end
end

function request()
  next_request = next_request % kept + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
