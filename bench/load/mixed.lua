-- Four queries for an order to one new order.
-- wrk … -s mixed.lua URL -- FILE PRODUCTS CUSTOMERS

local report = require("report")
local orders = require("orders")

local kept = 4096
local requests = {}
local next_request = 0

function init(arguments)
  local products, customers = tonumber(arguments[2]), tonumber(arguments[3])
  math.randomseed(os.time())
  local gets = orders.gets(arguments[1])
  for i = 1, kept do
    if i % 5 == 0 then
      requests[i] = orders.create(products, customers)
    else
      requests[i] = gets[i % #gets + 1]
    end
  end
end

function request()
  next_request = next_request % kept + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
