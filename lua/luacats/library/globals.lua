-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta _

-- Globals of every runtime. What the kernel lacks of Lua's libraries is missing in io.lua, os.lua and package.lua,
-- which take the place of the server's own definitions. The tables of LuaCATS cannot say that `load`, `loadfile`,
-- `dofile` need the permission `load` and accept only text, nor what the library `debug` refuses.

---Grants, rejects or seals permissions of the running coroutine. Returns a boolean for each spec: false if the set was sealed before.
---Raises `unknown permission: 'x'`, `permission "x" was rejected` and the like for a wrong spec; those before it stay in effect.
---@param spec string "name" or "name=value" grants, "~name" rejects for ever, "seal" ends all changes. Names: load, fs, fs:read, fs:write, exec, device, thread, runner, rcu, env, netfilter, netfilter:modify.
---@param ... string More specs.
---@return boolean ...
function pledge(spec, ...) end

---The arguments of the script from 1 on. `arg[0]` is the script as it was named, `arg[-1]` says how it was started: "run", "spawn", "eval", "runtime", "worker" or "actor".
---@type table<integer, any>
arg = {}
