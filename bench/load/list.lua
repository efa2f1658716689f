-- POST orderinfo/list, twenty orders of a customer.
-- wrk … -s list.lua URL -- CUSTOMERS for any of so many, over a year: 4,096 questions, repeated;
-- wrk … -s list.lua URL -- CUSTOMERS all for all of them, one after the other;
-- wrk … -s list.lua URL -- big for the one who has very many, month by month.

local report = require("report")

local kept = 4096 -- different questions
local requests = {}
local next_request = 0

function init(arguments)
  local customers = tonumber(arguments[1])
  local all = arguments[2] == "all"
  if all then kept = customers end
  math.randomseed(os.time())
  local headers = { ["Content-Type"] = "application/json" }
  for i = 1, kept do
    local customer, date = "big-customer", string.format("2021-%02d", i % 12 + 1)
    if customers then
      customer, date = string.format("customer%05d", all and i or math.random(customers)), "2021"
    end
    local body = string.format('{"customer_id":"%s","order_date":"%s","page_size":20}', customer, date)
    requests[i] = wrk.format("POST", "/api/v1/orderinfo/list", headers, body)
  end
end

function request()
  next_request = next_request % kept + 1
  return requests[next_request]
end

function done(summary, latency) report(summary, latency) end
