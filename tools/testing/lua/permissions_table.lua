-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- The needs of each function that a script can reach: names of permissions, or nothing. Each function is named after
-- its module, or after the object whose metatable contains it. A function that is missing here fails the test: its
-- author must list it here with its needs.

local needs = {}

-- Functions that give no power over anything outside the script.
local function free(module, names)
	for name in names:gmatch("%S+") do
		needs[module .. name] = {}
	end
end

free("", "assert collectgarbage error getmetatable ipairs next pairs pcall print rawequal rawget rawlen rawset")
free("", "select setmetatable tonumber tostring type warn xpcall")
-- Only removes permissions.
free("", "pledge")
-- Returns loaded modules; for files it calls package.searchers[2], which checks permissions.
free("", "require")
free("coroutine.", "close create isyieldable resume running status wrap yield")
free("debug.", "gethook getinfo getlocal getmetatable getregistry getupvalue getuservalue sethook setlocal")
free("debug.", "setmetatable setupvalue setuservalue traceback upvalueid upvaluejoin")
-- Loads text from standard input, which is at its end.
free("debug.", "debug")
free("io.", "close flush read type write")
free("linux.", "cpu difftime errname ktime numcpus random schedule time")
-- Tables of constants.
free("linux (metatable).", "__index")
free("linux.nf.", "__newindex __pairs next")
needs["linux.nf.__index (metatable).__index"] = {}
free("lunatik.", "cpu")
free("lunatik.runner.", "startup")
-- It asks itself: the hook point is in a table.
free("netfilter.", "register")
-- For the script's own runtime; the function for another one checks the name.
free("mtint.", "id interruptible sethook")
-- For the script's own family; "buffer" checks the name for others.
free("mtmsg.", "abort isabort newbuffer sleep time type")
free("mtmsg.buffer.", "__gc __tostring __index.abort __index.addmsg __index.clear __index.close __index.id")
free("mtmsg.buffer.", "__index.isabort __index.isnonblock __index.msgcnt __index.name __index.nextmsg")
free("mtmsg.buffer.", "__index.nonblock __index.setmsg")
free("interruptible.", "__gc __tostring __index.id")
free("llthreads2 thread.", "__gc __index.alive __index.detached __index.joinable __index.started")
-- Messages between actors are no power. An actor may do what the code may that makes it; to find its file asks.
free("", "scope scope_cleanup_pop scope_cleanup_push spawn spawn_context_threads spawn_vm")
free("actor.", "is_master pcall scope scope_cleanup_pop scope_cleanup_push shutdown spawn")
free("actor.", "spawn_context_threads spawn_vm xpcall")
free("actor.this_fiber (metatable).", "__index __newindex")
free("actor.core.", "cancel close close_inbox give_way is_inside is_open kept log part recv send suspend system take timer withdraw")
-- Who has a process may signal it. Only to start one is a power.
free("actor.process.", "close detach is_open kill metatable send stream wait")
needs["actor.process.start"] = { "exec" }
-- To open a file asks for its path.
free("file_descriptor.", "is_open")
needs["file_descriptor.open"] = { "fs:read" }
free("actor.system.", "add_threads address at_end category category_metatable channel_metatable checked exit is_closed")
free("actor.system.", "is_master is_sendable join keep object open places release spawn text")
free("condition_variable.", "new")
free("future.", "new")
free("mutex.", "new")
free("recursive_mutex.", "new")
free("system.", "exit")
free("time.", "now sleep")
-- Messages within a system of services are no power. What makes services asks in them, as their code is loaded there.
free("ltask.", "counter now pack remove unpack unpack_remove")
free("ltask (metatable).", "__index")
free("ltask.bootstrap.", "call deinit dofile external_sender init init_root init_socket init_timer")
free("ltask.bootstrap.", "log_sender mainthread_wait new_service pack post_message pushlog remove run")
free("ltask.bootstrap.", "searchpath sender start unpack unpack_remove wait")
free("ltask.core.", "answer_all can_block cancel give_way id label part pledge pushlog recv reply request")
free("ltask.core.", "send suspend timer")
free("ltask.functions.", "counter cpucost eventinit eventreset label mem_count mem_limit now pack poplog")
free("ltask.functions.", "pushlog remove self touch_service unpack unpack_remove worker_bind worker_id")
free("ltask.system.", "answer answer_packed call external_done external_queue lost_logs mandate")
free("ltask.system.", "new_service send_external send_packed sender services set_exit_code start take_log")
free("ltask.system.", "trace wait")
free("math.", "abs acos asin atan ceil cos deg exp floor fmod frexp ldexp log max min modf rad random randomseed")
free("math.", "sin sqrt tan tointeger type ult")
free("os.", "clock date difftime setlocale time")
free("package.", "searchers[1]")
free("package.preload.", "actor actor.core actor.process actor.system condition_variable future inbox mutex recursive_mutex system time")
free("package.preload.", "device file_descriptor linux linux.eth linux.nf linux.socket linux.stat llthreads2.ex ltask ltask.bootstrap ltask.core ltask.functions ltask.system")
free("package.preload.", "lunatik lunatik.runner mtint mtmsg netfilter percpu rcu thread")
free("string.", "byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper")
free("table.", "concat create insert move pack remove sort unpack")
free("thread.", "current shouldstop")
free("worker.", "address limits receive send status stop")
-- Making the worker needed a permission.
free("worker handle.", "__close __gc __tostring")
free("utf8.", "char codepoint codes len offset")
-- Opening the file needed a permission.
free("file.", "__close __gc __tostring __index.close __index.flush __index.lines __index.read __index.seek")
free("file.", "__index.setvbuf __index.write")
-- Arithmetic on strings that are numerals.
free("string value.", "__add __sub __mul __mod __pow __div __idiv __unm")
-- Finding it needed a permission.
free("percpu.counter.", "__eq __gc __index.add __index.sum")
free("percpu.histogram.", "__eq __gc __index.add __index.count __index.counts __index.quantile __index.sum")
free("rcu.table.", "__eq __gc")
free("rcu.walk.", "__gc")
free("runtime.", "__eq __gc __index.context __index.hooks __index.status __len")
free("thread handle.", "__eq __gc")
-- The script's own device.
free("device.", "__close __gc __index.stop")

needs["load"] = { "load" }
needs["loadfile"] = { "load", "fs:read" }
needs["dofile"] = { "load", "fs:read" }
needs["package.searchers[2]"] = { "load", "fs:read" }
needs["package.searchpath"] = { "fs:read" }
needs["io.open"] = { "fs:read" }
needs["io.lines"] = { "fs:read" }
needs["io.input"] = { "fs:read" }
needs["io.output"] = { "fs:write" }
needs["io.tmpfile"] = { "fs:write" }
needs["os.remove"] = { "fs:write" }
needs["os.rename"] = { "fs:write" }
needs["os.tmpname"] = { "fs:write" }
needs["os.getenv"] = { "env" }
needs["device.new"] = { "device" }
needs["percpu.counter"] = { "rcu" }
needs["percpu.histogram"] = { "rcu" }
needs["rcu.table"] = { "rcu" }
needs["rcu.add"] = { "rcu" }
needs["rcu.cas"] = { "rcu" }
needs["rcu.foreach"] = { "rcu" }
needs["rcu.map"] = { "rcu" }
needs["rcu.table.__index"] = { "rcu" }
needs["rcu.table.__newindex"] = { "rcu" }
needs["rcu.table.__len"] = { "rcu" }
needs["rcu.table.__pairs"] = { "rcu" }
needs["rcu.walk.next"] = { "rcu" }
needs["lunatik.runtime"] = { "runner", "load", "fs:read" }
needs["lunatik.runner.run"] = { "runner", "load", "fs:read" }
needs["lunatik.runner.spawn"] = { "runner", "load", "fs:read", "thread" }
needs["lunatik.runner.list"] = { "runner" }
needs["lunatik.runner.stop"] = { "runner" }
needs["lunatik.runner.shutdown"] = { "runner" }
needs["llthreads2.ex.new"] = { "thread" }
needs["llthreads2 thread.__index.join"] = { "thread" }
needs["llthreads2 thread.__index.start"] = { "thread" }
needs["mtint.interrupt"] = { "runner" }
needs["interruptible.__index.interrupt"] = { "runner" }
needs["mtmsg.buffer"] = { "runner" }
needs["actor.system.source"] = { "fs:read", "load" }
needs["worker.create"] = { "fs:read", "load" }
needs["runtime.__close"] = { "runner" }
needs["runtime.__index.resume"] = { "runner" }
needs["runtime.__index.stop"] = { "runner" }
needs["thread.run"] = { "thread", "runner" }
needs["thread handle.__index.join"] = { "thread", "runner" }
needs["thread handle.__index.stop"] = { "runner" }
needs["thread handle.__index.task"] = { "thread" }

return needs
