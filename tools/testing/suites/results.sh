#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# The output of eval, run and repl for results of scripts: expressions, tables, JSON.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1

# Expressions.
eval_is "an expression needs no return" "2" '1+1'
eval_is "several neither" "1	x	2" '1, "x", ...' 2
eval_is "a call prints what it returns" "0.1.0" 'require("lunatik")._VERSION:match("%d.*")'
eval_is "or nothing" "to itself" 'print("to itself")'
eval_is "statements are statements" "" 'local x = 1'
eval_is "return is as ever" "3" 'return 1 + 2'
eval_is "also with a comment" "5" '2 + 3 -- five'
eval_is "no code is no result" "" ''
check_says "an error keeps its text" 1 "(command line):1: unexpected symbol near ')'" lunatik eval '1 + )'
check_output "which is marked in the code as it was written" "    1 | 1 + )
      |     ^" sh -c "lunatik eval '1 + )' 2>&1 | tail -n 2"
check_says "that of statements, too" 1 "unexpected symbol near '='" lunatik eval 'x = = 1'
check_says "and its line" 1 "(command line):2: why" lunatik eval '
error("why")'
check_says "a variable its name" 1 "attempt to index a nil value (global 'nothing')" lunatik eval 'nothing.x'

# Tables.
eval_is "a table is printed with what is in it" '{ a = 1, list = { 1, 2 } }' '{ list = { 1, 2 }, a = 1 }'
eval_is "an empty one, too" '{}	{}' '{}, {}'
eval_is "strings in it are quoted, and keys that are no names" '{ "x\n", ["a b"] = 1.5, ["end"] = false }' \
	'{ "x\n", ["a b"] = 3 / 2, ["end"] = false }'
eval_is "strings outside are not" 'x	{ "x" }	x' '"x", { "x" }, "x"'
eval_is "what is no data is named" '{ <function>, <thread>, <userdata> }' '{ print, coroutine.create(print), io.stdout }'
eval_is "a table in itself is bounded" '{ me = <cycle> }' 'local t = {} t.me = t return t'
eval_is "one that is there twice is there twice" '{ { 1 }, { 1 } }	{ 1 }' 'local t = { 1 } return { t, t }, t'
eval_is "a metatable says otherwise" 'I am	{ x = 1 }' 'setmetatable({}, { __tostring = function() return "I am" end }), setmetatable({}, { __index = _G, __pairs = error }) ~= nil and setmetatable({ x = 1 }, {})'
check_output "a name does, too" "my.type: " sh -c "lunatik eval 'setmetatable({}, { __name = \"my.type\" })' | sed 's/0x.*//'"
eval_is "no metamethod is called for what is in a table" '{ { 1 } }' '{ setmetatable({ 1 }, { __tostring = error, __index = error, __len = error, __pairs = error }) }'
check_says "an error of __tostring is one" 1 "no text" lunatik eval 'setmetatable({}, { __tostring = function() error("no text") end })'
eval_is "functions are shown by tostring" "true	function" 'tostring(print):find("^builtin") ~= nil or tostring(print):find("^function") ~= nil, type(print)'
check "as results, too" sh -c 'lunatik eval print | grep -q "^function: "'
check "what is wide takes several lines" sh -c "lunatik eval '{ text = (\"x\"):rep(100), n = 1 }' | tail -n 1 | grep -qx '}'"
check_output "deep tables are shown as deep as one can read" 17 sh -c "lunatik eval 'local t = {} for i = 1, 90 do t = { t } end return t' | tr -cd '{' | wc -c"
check_output "tables that are too deep to copy are shown by tostring" "table: " sh -c "lunatik eval 'local t = {} for i = 1, 200 do t = { t } end return t' | sed 's/0x.*//'"
check_output "so are those that are too large, and others beside them" "1	table: 	table: " sh -c \
	"lunatik eval --mem 256M 'local t = {} for i = 1, 300000 do t[i] = (\"x\"):rep(16) .. i end return 1, t, {}' | sed 's/0x[0-9a-f]*//g'"
check_output "and those for which there is no memory" "table: " sh -c \
	"lunatik eval --mem 2M 'local t, x = {}, (\"x\"):rep(40000) for i = 1, 60 do t[i] = x end return t' | sed 's/0x.*//'"
check "a large table is shown in part" sh -c "lunatik eval 'local t = {} for i = 1, 5000 do t[i] = i end return t' | grep -q '4000 more'"
check "the globals can be shown" sh -c 'lunatik eval _G | grep -q "_VERSION = \"Lua 5.5\""'
cat >run.lua <<-'EOF'
	print({}) print({ 1 } ~= nil)
	return { ok = true }, "x"
EOF
check_output "run prints them, and print in a script is Lua's" "table: 
true
{ ok = true }	x" sh -c "lunatik run run.lua | sed 's/0x.*//'"
check_output "repl prints them" '{ 1, { x = "y" } }' sh -c 'echo "{ 1, { x = [[y]] } }" | lunatik repl 2>/dev/null'

# JSON.
check_output "JSON is a line for each result" '1
2.0
"x\n"
null
{"a":{},"list":[1,true]}' lunatik eval --json '1, 2.0, "x\n", nil, { list = { 1, true }, a = {} }'
check_output "of run, too" '{"ok":true}
"x"' sh -c 'lunatik run --json run.lua | tail -n 2'
check_output "and of repl" '[1]' sh -c 'echo "{ 1 }" | lunatik repl --json 2>/dev/null'
check_status "spawn has none" 2 lunatik spawn --json run.lua
check_output "no results are no JSON" "" lunatik eval --json 'local x = 1'
no_json() {
	check_says "$1 has no form in JSON" 1 "result 1 has no form in JSON: $2" lunatik eval --json "$3"
	check_fails "and nothing is printed" test -s "$WORK/stdout"
}
no_json "a function" "function: " 'print'
no_json "a function in a table" "a function (at .a[1])" '{ a = { print } }'
no_json "NaN" "the number" '0/0'
no_json "infinity" "the number inf" '1/0'
no_json "bytes that are not UTF-8" "a string that is not UTF-8" '"\xff"'
no_json "a table in itself" "a table that is inside itself (at .me)" 'local t = {} t.me = t return t'
no_json "a table with two kinds of keys" "a table with the keys 1 and x" '{ 1, x = 2 }'
no_json "a table with holes" "a table with the key 2" '{ [2] = 1 }'
no_json "an object" "I am" 'setmetatable({}, { __tostring = function() return "I am" end })'
cp "$SUITE_DIR/../../lua/examples/json.lua" /lib/modules/lua/suite_json.lua
check_output "an example module reads it back" "1	2.5	x" lunatik eval 'local t = require("suite_json").decode((...)) return t.a, t.b[1], t.b[2]' \
	"$(lunatik eval --json '{ a = 1, b = { 2.5, "x" } }')"
rm /lib/modules/lua/suite_json.lua
finish
