-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- What a hostile script may do in a hook. Returns a table of functions by name. Each begins with what comes of a call:
--
--	over	it takes too long, each time
--	fails	it fails, each time
--	passes	it returns a verdict, at least as a rule
--
-- The tables that grow are kept in `kept`.

local kept = {}

local function forever()
	while true do
	end
end

local function deep()
	return 1 + deep()
end

return {
	-- Time.
	over_loop = forever,
	over_pcall = function()
		while true do
			pcall(forever)
		end
	end,
	over_xpcall = function()
		while true do
			xpcall(forever, forever)
		end
	end,
	over_close = function()
		local _ <close> = setmetatable({}, { __close = forever })
		forever()
	end,
	over_close_many = function()
		local function f(depth)
			local _ <close> = setmetatable({}, { __close = forever })
			if depth > 0 then
				f(depth - 1)
			end
			forever()
		end
		f(50)
	end,
	over_pattern = function()
		return (("a"):rep(100)):find(("a*"):rep(30) .. "b")
	end,
	over_coroutines = function()
		local co = coroutine.wrap(function()
			while true do
				coroutine.yield()
			end
		end)
		while true do
			co()
		end
	end,
	over_coroutine_made = function()
		while true do
			coroutine.wrap(pcall)(forever)
		end
	end,
	over_tostring = function()
		return tostring(setmetatable({}, { __tostring = forever }))
	end,
	fails_error_shown = function()
		error(setmetatable({}, { __tostring = forever }))
	end,
	over_debug_hook = function()
		debug.sethook(forever, "crl", 1)
		local x = 1
		return x
	end,
	over_move = function()
		table.move({}, 1, math.maxinteger - 1, 2)
	end,
	over_generic = function()
		for _ in rawlen, "x" do
		end
	end,
	over_resumed = function()
		kept.co = kept.co or coroutine.create(forever)
		while true do
			coroutine.resume(kept.co)
		end
	end,
	-- Memory.
	fails_memory = function()
		local t = {}
		while true do
			t[#t + 1] = ("x"):rep(100) .. #t
		end
	end,
	fails_big_string = function()
		local s = "x"
		while true do
			s = s .. s
		end
	end,
	fails_rep = function()
		return ("x"):rep(100000000)
	end,
	fails_pack = function()
		return string.pack("!16c30000000", "")
	end,
	fails_concat = function()
		return table.concat({}, "x", 1, 1000000000)
	end,
	passes_kept = function()
		kept[#kept + 1] = { #kept }
		return 1
	end,
	passes_kept_until_full = function()
		for _ = 1, 500 do
			kept[#kept + 1] = {}
		end
		return 1
	end,
	passes_garbage = function()
		for i = 1, 500 do
			local _ = { i, tostring(i) }
		end
		return 1
	end,
	-- Stack.
	fails_recursion = function()
		return deep()
	end,
	fails_pcall_recursion = function()
		local function f()
			pcall(f)
		end
		f()
	end,
	fails_gsub_recursion = function()
		local function f()
			return (("x"):gsub("x", f))
		end
		return f()
	end,
	fails_coroutine_recursion = function()
		local function f()
			coroutine.wrap(f)()
		end
		f()
	end,
	fails_index_recursion = function()
		local t = {}
		setmetatable(t, {
			__index = function(_, key)
				return t[key .. "x"]
			end,
		})
		return t.x
	end,
	fails_sort_recursion = function()
		local function f()
			table.sort({ 3, 2, 1 }, f)
		end
		f()
	end,
	-- Errors.
	fails_error = function()
		error("no")
	end,
	fails_error_object = function()
		error({})
	end,
	fails_error_nil = function()
		error(nil)
	end,
	fails_error_long = function()
		error(("long "):rep(5000))
	end,
	fails_close_raises = function()
		local _ <close> = setmetatable({}, {
			__close = function()
				error("again")
			end,
		})
		error("first")
	end,
	-- Results.
	fails_none = function() end,
	fails_text = function()
		return "x"
	end,
	fails_stolen = function()
		return 2
	end,
	fails_self = function()
		return kept
	end,
	fails_thousand = function()
		return nil, table.unpack({}, 1, 1000)
	end,
	-- The collector.
	passes_gc_sleeps = function()
		for _ = 1, 20 do
			setmetatable({}, {
				__gc = function()
					require("linux").schedule(1000)
				end,
			})
		end
		return 1
	end,
	passes_gc_loops = function()
		for _ = 1, 20 do
			setmetatable({}, { __gc = forever })
		end
		return 1
	end,
	passes_gc_again = function()
		local meta = {}
		function meta.__gc()
			setmetatable({}, meta)
		end
		setmetatable({}, meta)
		return 1
	end,
	passes_gc_resurrects = function()
		setmetatable({}, {
			__gc = function(object)
				kept[#kept % 1000 + 1] = object
			end,
		})
		return 1
	end,
	passes_gc_raises = function()
		setmetatable({}, {
			__gc = function()
				error("no")
			end,
		})
		return 1
	end,
	passes_weak = function()
		kept.weak = kept.weak or setmetatable({}, { __mode = "k" })
		for _ = 1, 500 do
			kept.weak[{}] = {}
		end
		return 1
	end,
	passes_ephemerons = function()
		kept.weak = kept.weak or setmetatable({}, { __mode = "k" })
		local key = {}
		for _ = 1, 1000 do
			local value = {}
			kept.weak[key], key = value, value
		end
		kept.key = key
		return 1
	end,
	passes_chain = function()
		kept.chain = { kept.chain }
		return 1
	end,
	-- What must not be done there.
	fails_sleep = function()
		require("linux").schedule(1000)
		return 1
	end,
	fails_load = function()
		return load("return 1")()
	end,
	fails_require = function()
		return require("suite_that_does_not_exist")
	end,
	fails_register = function()
		return require("netfilter").register({ hook = print, pf = 2, hooknum = 1, priority = 0 })
	end,
	fails_exit = function()
		os.exit()
	end,
	fails_yield = function()
		coroutine.yield()
		return 1
	end,
	fails_collect = function()
		collectgarbage()
		return 1
	end,
	passes_print = function()
		for i = 1, 100 do
			print(i, ("x"):rep(60))
		end
		return 1
	end,
	passes_print_long = function()
		print(("x"):rep(20000))
		return 1
	end,
	passes_wrong_order = function()
		local t = {}
		for i = 1, 100 do
			t[i] = i % 7
		end
		pcall(table.sort, t, function()
			return true
		end)
		return 1
	end,
	passes_packet = function(skb)
		for i = 1, 5 do
			pcall(skb.copy, skb)
			pcall(skb.data, skb, "mac")
			pcall(skb.resize, skb, -i)
			pcall(skb.replace, skb, 1 << 40, -1, "")
		end
		kept.packet = skb
		return 1
	end,
}
