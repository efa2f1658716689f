-- GET /: whatever is there. wrk … -s constant.lua URL

local report = require("report")

function done(summary, latency) report(summary, latency) end
