-- What Argo CD shows of an Organization. Its Lua is 5.1, without libraries.
local function answer(status, message)
  return { status = status, message = message }
end

local status = obj.status or {}
local conditions = {}
for _, condition in ipairs(status.conditions or {}) do
  conditions[condition.type] = condition
end

-- The operator hasn't looked at this spec yet: what the conditions say is of an older one.
local ready = conditions.Ready
if ready == nil or status.observedGeneration ~= obj.metadata.generation then
  return answer("Progressing", "The operator has not looked at this spec yet.")
end

local message = ready.reason .. ": " .. (ready.message or "")
if ready.reason == "Suspended" then
  return answer("Suspended", message)
end
-- A person must act; the organization may still be served as it was.
if conditions.Stalled ~= nil and conditions.Stalled.status == "True" then
  return answer("Degraded", message)
end
if ready.status == "True" then
  local sync = conditions.InSync
  -- Served as the spec says, with something for a person to decide on.
  if sync ~= nil and sync.status == "False" then
    message = sync.reason .. ": " .. (sync.message or "")
  end
  return answer("Healthy", message)
end
-- Under way, or waiting for what comes without a change of the object: a Secret, MongoDB.
return answer("Progressing", message)
