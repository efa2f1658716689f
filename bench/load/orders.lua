-- Requests of create.lua, get.lua and mixed.lua.

local orders = {}
local headers = { ["Content-Type"] = "application/json" }

-- An order of any customer and product, on any day of 2021.
function orders.create(products, customers)
  local body = string.format(
    '{"customer_id":"customer%05d","product_id":"product%05d","number":%d,"order_date":"2021-%02d-%02d"}',
    math.random(customers), math.random(products), math.random(9), math.random(12), math.random(28))
  return wrk.format("POST", "/api/v1/order/create", headers, body)
end

-- Queries for the orders of a file that has a line `customer_id order_id` for each.
function orders.gets(file)
  local requests = {}
  for line in io.lines(file) do
    local customer, order = line:match("^(%S+) (%S+)$")
    local body = string.format('{"customer_id":"%s","order_id":"%s"}', customer, order)
    requests[#requests + 1] = wrk.format("POST", "/api/v1/orderinfo/get", headers, body)
  end
  return requests
end

return orders
