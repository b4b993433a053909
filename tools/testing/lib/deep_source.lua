-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- Deep source text: every production of Lua's grammar within every other one. Works in the kernel and in user space.
--
-- A production consists of the text before and after the part that it contains. Its kind names the kind of the whole
-- and the kind of the part: "s" is a block, "e" an expression, "t" the targets of an assignment.

local PRODUCTIONS = {
	{ "do", "ss", "do ", " end " },
	{ "while", "ss", "while x do ", " end " },
	{ "repeat", "ss", "repeat ", " until x " },
	{ "if", "ss", "if x then ", " end " },
	{ "else", "ss", "if x then else ", " end " },
	{ "elseif", "ss", "if x then elseif x then ", " end " },
	{ "numeric for", "ss", "for i = 1, 2 do ", " end " },
	{ "generic for", "ss", "for k, v in x do ", " end " },
	{ "function", "ss", "function f() ", " end " },
	{ "method", "ss", "function t.a:m(...) ", " end " },
	{ "local function", "ss", "local function f(a, b) ", " end " },
	{ "global function", "ss", "global x, y, t, f; global function g() ", " end " },
	{ "locals before a block", "ss", "local a <const>, b <close> = 1; do ", " end " },
	{ "a label before a block", "ss", "do ::l:: ", " goto l end " },
	{ "statements in a row", "ss", "x = 1; ; f() ", "" },
	{ "assigned value", "se", "x = ", " " },
	{ "assigned values", "se", "x, y = 1, ", " " },
	{ "local value", "se", "local x = ", " " },
	{ "closed value", "se", "local x <close> = ", " " },
	{ "global value", "se", "global x, y, f, t; global z = ", " " },
	{ "return", "se", "do return ", " end " },
	{ "condition of while", "se", "while ", " do end " },
	{ "condition of repeat", "se", "repeat until ", " " },
	{ "condition of if", "se", "if ", " then end " },
	{ "condition of elseif", "se", "if x then elseif ", " then end " },
	{ "start of for", "se", "for i = ", ", 2 do end " },
	{ "limit of for", "se", "for i = 1, ", " do end " },
	{ "step of for", "se", "for i = 1, 2, ", " do end " },
	{ "iterator of for", "se", "for k in ", " do end " },
	{ "argument of a call", "se", "f(", ") " },
	{ "assigned index", "se", "t[", "] = 1 " },
	{ "parentheses", "ee", "(", ")" },
	{ "minus", "ee", "- ", "" },
	{ "not", "ee", "not ", "" },
	{ "length", "ee", "#", "" },
	{ "bitwise not", "ee", "~ ", "" },
	{ "power", "ee", "2 ^ ", "" },
	{ "concatenation", "ee", "'' .. ", "" },
	{ "sum", "ee", "1 + ", "" },
	{ "rising priorities", "ee", "x or y and 1 < 2 | 3 ~ 4 & 5 << 6 .. 7 + 8 * - 9 ^ ", "" },
	{ "sum on the left", "ee", "", " + 1" },
	{ "and", "ee", "x and ", "" },
	{ "list item", "ee", "{1, ", "}" },
	{ "list items", "ee", "{", ", 1}" },
	{ "field", "ee", "{x = ", "}" },
	{ "key", "ee", "{[", "] = 1}" },
	{ "index", "ee", "t[", "]" },
	{ "indexed value", "ee", "(", ").x[1]" },
	{ "argument", "ee", "f(", ")" },
	{ "last argument", "ee", "f(1, 2, ", ")" },
	{ "argument of a method", "ee", "t:m(", ")" },
	{ "called value", "ee", "(", ")(1)'x'{}:m()" },
	{ "table argument", "ee", "f{", "}" },
	{ "function value", "es", "function(...) ", " end" },
	{ "function argument", "es", "f(function(a, b, ...v) ", " end)" },
	{ "targets", "tt", "a, t.x, ", "" },
	{ "indexed targets", "te", "t[", "], b" },
	{ "an assignment of many", "st", "", " = 1 " },
}

-- The texts that turn a part of one kind into a part of another kind.
local ADAPTERS = {
	se = { "x = ", " " },
	es = { "function() ", " end" },
	te = { "t[", "]" },
	st = { "", " = 1 " },
	et = { "function() ", " = 1 end" },
	ts = { "t[function() ", " end]" },
}

-- The innermost parts: a name that is looked up through all functions, a name that is found in the outermost function,
-- and so on.
local LEAVES = {
	s = { "", "x = y ", "outer = outer ", "return ... " },
	e = { "1", "x", "outer", "{}" },
	t = { "x", "outer", "t.x" },
}

local deep = {}

-- Joins two productions into one: the text before and after, and the kinds of the whole and of the part.
local function join(outer, inner)
	local wanted, given = outer[2]:sub(2), inner[2]:sub(1, 1)
	local adapter = wanted == given and { "", "" } or ADAPTERS[wanted .. given]
	return {
		outer[1] .. ", " .. inner[1],
		outer[2]:sub(1, 1) .. inner[2]:sub(2),
		outer[3] .. adapter[1] .. inner[3],
		inner[4] .. adapter[2] .. outer[4],
	}
end

-- The text of `levels` nested copies of a pair, with this leaf innermost; `open` omits all ends.
local function text(pair, levels, leaf, open)
	local whole, part = pair[2]:sub(1, 1), pair[2]:sub(2)
	local again = whole == part and { "", "" } or ADAPTERS[part .. whole]
	local head = pair[3] .. again[1]
	local tail = again[2] .. pair[4]
	-- The last copy contains the leaf instead of a next copy.
	local source = head:rep(levels - 1) .. pair[3] .. leaf .. (open and "" or pair[4] .. tail:rep(levels - 1))
	if whole == "e" then
		source = "local x = " .. source
	elseif whole == "t" then
		source = source .. (open and "" or " = 1")
	end
	return "local outer, t, f, x, y = 1\n" .. source
end

-- The errors that a text may cause that is too deep or incomplete.
local EXPECTED = {
	"C stack overflow",
	"error in error handling",
	"too many",
	"limit is",
	"not enough memory",
	"chunk has too many",
	"function or expression needs too many registers",
	"control structure too long",
	"constructor too long",
	"expected",
	"syntax error",
	"unexpected symbol",
	"attempt to assign to const variable",
	"jumps into the scope",
	"no visible label",
	"already defined",
	"outside a vararg function",
	"not declared",
	"cannot use",
	"multiple to%-be%-closed",
	"unfinished",
}

local function is_expected(message)
	for _, pattern in ipairs(EXPECTED) do
		if message:find(pattern) then
			return true
		end
	end
	return false
end

-- Compiles growing texts until there is an error, for each pair whose number is `from` modulo `step`. Calls
-- `compile(text)`, which is `load` or equivalent. Returns the number of texts, how many compiled, how many were too
-- deep, and descriptions of failures.
function deep.try_all(compile, from, step)
	local texts, compiled, overflows, wrong = 0, 0, 0, {}
	for i = 1, #PRODUCTIONS do
		for j = 1, #PRODUCTIONS do
			if (i * #PRODUCTIONS + j) % step == from then
				local pair = join(PRODUCTIONS[i], PRODUCTIONS[j])
				local leaves = LEAVES[pair[2]:sub(2)]
				for number, levels in ipairs({ 1, 3, 20, 60, 95, 105, 170, 250, 1000 }) do
					local leaf = leaves[number % #leaves + 1]
					local source = text(pair, levels, leaf, levels > 100 and number % 2 == 0)
					local chunk, message = compile(source)
					texts = texts + 1
					if chunk then
						compiled = compiled + 1
					elseif not is_expected(tostring(message)) then
						wrong[#wrong + 1] = ("%s, %d levels: %s"):format(pair[1], levels, tostring(message):sub(-200))
					elseif tostring(message):find("overflow") then
						overflows = overflows + 1
					end
				end
			end
		end
	end
	return texts, compiled, overflows, wrong
end

deep.productions = #PRODUCTIONS

return deep
