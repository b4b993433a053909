#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Permissions: every function checks them, nothing bypasses them, and only root may use the device itself.

. "$(dirname "$0")/../lib/ktap.sh"

cd "$WORK" || exit 1
lua=$SUITE_DIR/lua
mkdir -p /lib/modules/lua/suite/sub
cat >/lib/modules/lua/suite/child.lua <<'LUA'
return function() while not require("thread").shouldstop() do require("linux").schedule(10) end end
LUA
echo 'return 5' >/lib/modules/lua/suite/module.lua
cat >/lib/modules/lua/suite/foreign.lua <<'LUA'
local shared = require("lunatik")._ENV
kept = require("mtmsg").newbuffer()
shared["permissions.buffer"] = kept:id()
shared["permissions.thread"] = require("mtint").id()
LUA
# A child does its tasks with its own permissions.
cat >/lib/modules/lua/suite/worker.lua <<'LUA'
local results = require("lunatik")._ENV["suite/results"]
local function try(name, fn, ...)
	local packed = table.pack(pcall(fn, ...))
	for i = 1, packed.n do packed[i] = tostring(packed[i]) end
	results[name] = table.concat(packed, " ", 1, packed.n)
end
try("passwd", function() return io.open("/etc/passwd") and "open" end)
try("grant", pledge, "exec", "fs:write", "fs:write=/tmp/*")
try("narrow", pledge, "fs:read=/etc/group", "fs:read=/etc/hosts")
try("narrowed", function() return io.open("/etc/passwd") and "open" end)
try("group", function() return io.open("/etc/group") and "open" end)
try("reject", pledge, "~exec", "~load")
try("load", load, "return 1")
LUA
echo secret >"$WORK/secret"
mkdir "$WORK/open" "$WORK/closed"
echo hello >"$WORK/open/file"
ln -s "$WORK/secret" "$WORK/open/link"
ln -s "$WORK/closed" "$WORK/open/way"
ln -s "$WORK/open" "$WORK/alias"
ln -s "$WORK/closed/made" "$WORK/open/dangling"

# The walk.
within 120 lunatik run --name suite/walk "$lua/permissions.lua" "$lua" "$WORK" suite/child >"$WORK/permissions.out" 2>"$WORK/permissions.err"
status=$?
lunatik stop suite/walk >/dev/null 2>&1
take_checks permissions $status
lunatik shutdown

# The same with -P: a script that was started without the permission.
lacking() {
	check_says "without $1, $2 is refused" 1 "permission \"$1\" denied" \
		lunatik eval -P all -P env -P "~$1" "$2"
}
lacking load 'return load("return 1")'
lacking load 'return loadfile("/etc/passwd")'
lacking load 'return dofile("/etc/passwd")'
lacking load 'return require("suite.module")'
lacking load 'return require("lunatik.runner").run("hello")'
lacking load 'return require("lunatik").runtime("hello")'
lacking load 'return worker.create("hello")'
lacking fs:read 'return worker.create("hello")'
lacking fs:read 'return io.open("/etc/passwd")'
lacking fs:read 'return io.lines("/etc/passwd")'
lacking fs:read 'return io.input("/etc/passwd")'
lacking fs:read 'return io.open("/tmp/never", "w+")'
lacking fs:read 'return require("suite.module")'
lacking fs:read 'return package.searchpath("suite.module", package.path)'
lacking fs:read 'return require("lunatik.runner").run("hello")'
lacking fs:read 'return require("lunatik.runner").spawn("ticker")'
lacking fs:read 'return require("lunatik").runtime("hello")'
lacking fs:write 'return io.open("/tmp/never", "w")'
lacking fs:write 'return io.open("/tmp/never", "a")'
lacking fs:write 'return io.open("/etc/passwd", "r+")'
lacking fs:write 'return io.output("/tmp/never")'
lacking fs:write 'return os.remove("/tmp/never")'
lacking fs:write 'return os.rename("/tmp/never", "/tmp/ever")'
lacking fs:write 'return os.tmpname()'
lacking fs:write 'return io.tmpfile()'
lacking env 'return os.getenv("HOME")'
lacking device 'return require("device").new({ name = "never" })'
lacking thread 'return require("lunatik.runner").spawn("ticker")'
lacking runner 'return require("lunatik.runner").run("hello")'
lacking runner 'return require("lunatik.runner").list()'
lacking runner 'return require("lunatik.runner").stop("hello")'
lacking runner 'return require("lunatik.runner").shutdown()'
lacking runner 'return require("lunatik").runtime("hello")'
lacking rcu 'return require("rcu").table()'
lacking rcu 'return require("lunatik")._ENV.runtimes'
lacking rcu 'return pairs(require("lunatik")._ENV)'
check "nothing was made meanwhile" sh -c '! ls /tmp/never /tmp/ever /dev/never'
eval_is "what needs nothing works with nothing" "3	1	true" -P "~load" \
	'return #("abc"), math.tointeger("1"), require("linux").time() > 0'

# Denials name the object of the request.
check_says "a denial names the path" 1 "permission \"fs:read\" denied for '/etc/passwd'" \
	lunatik eval -P load 'io.open("/etc/passwd")'
check_says "and the place" 1 "(command line):1: permission" lunatik eval -P load 'io.open("/etc/passwd")'
check_says "a denial names the variable" 1 "permission \"env\" denied for 'HOME'" lunatik eval -P load 'os.getenv("HOME")'
check_says "a denial names the script" 1 "permission \"runner\" denied for 'hello'" \
	lunatik eval -P load 'require("lunatik.runner").run("hello")'
check_says "a denial names the device" 1 "permission \"device\" denied for 'never'" \
	lunatik eval -P device=ever* 'require("device").new({ name = "never" })'
check_says "a temporary file needs all of fs:write" 1 'permission "fs:write" denied' \
	lunatik eval -P "fs:write=/tmp/*" 'os.tmpname()'

# Paths.
open="$WORK/open"
reads() { eval_is "$1" "$2" -P "$3" 'return io.open(...):read()' "$4"; }
no_read() {
	check_says "$1" 1 "permission \"fs:read\" denied for '$3'" lunatik eval -P "$2" 'return io.open(...)' "$3"
}
reads "a pattern lets files through" hello "fs:read=$open/*" "$open/file"
reads "a plain path is itself" hello "fs=$open/file" "$open/file"
reads "the directory of a pattern may be a link" hello "fs:read=$WORK/alias/*" "$open/file"
reads "the path may go through a link" hello "fs:read=$open/*" "$WORK/alias/file"
reads "and up and down" hello "fs:read=$open/*" "$WORK/closed/../open/./file"
reads "a star takes slashes" hello "fs:read=$WORK/*" "$open/file"
no_read "other files are not" "fs:read=$open/*" "$WORK/secret"
no_read "nor the directory itself" "fs:read=$open/*" "$open"
no_read "nor a name that only begins so" "fs:read=$WORK/op" "$open/file"
no_read "nor what a link leads to" "fs:read=$open/*" "$open/link"
no_read "nor a way out" "fs:read=$open/*" "$open/../secret"
no_read "nor in a directory that is not there" "fs:read=$open/*" "$open/nowhere/file"
no_read "nor through the links of a process" "fs:read=/*" "/proc/1/root$open/file"
no_read "nor any through a relative pattern" "fs:read=etc/passwd" "/etc/passwd"
eval_is "what is not there, is not there" "nil" -P "fs:read=$open/*" 'return (io.open(...))' "$open/nothing"
eval_is "a file is made where that is permitted" "true" -P "fs:write=$open/*" \
	'local f = io.open(..., "w") f:write("x") return f:close()' "$open/new"
check_output "and written" x cat "$open/new"
no_write() {
	check_says "$1" 1 'permission "fs:write" denied' lunatik eval -P "$2" "$3" "$4" "$5"
}
no_write "a file is not made elsewhere" "fs:write=$open/*" 'io.open(..., "w")' "$WORK/never"
no_write "nor behind a link to a directory" "fs:write=$open/*" 'io.open(..., "w")' "$open/way/never"
no_write "nor by a link that leads nowhere" "fs:write=$open/*" 'io.open(..., "w")' "$open/dangling"
no_write "nor is a file emptied by a link" "fs:write=$open/*" 'io.open(..., "w")' "$open/link"
no_write "nor with only leave to read" "fs:read=$open/*" 'io.open(..., "w")' "$open/file"
no_write "nothing is renamed out" "fs:write=$open/*" 'os.rename(...)' "$open/file" "$WORK/taken"
no_write "nothing is renamed in" "fs:write=$open/*" 'os.rename(...)' "$WORK/secret" "$open/taken"
no_write "nothing else is removed" "fs:write=$open/*" 'os.remove(...)' "$WORK/secret"
eval_is "a link is removed, not what it leads to" "true" -P "fs:write=$open/*" 'return os.remove(...)' "$open/link"
check "nothing of that was made, emptied or moved" sh -c \
	"grep -q secret '$WORK/secret' && grep -q hello '$open/file' && ! ls '$WORK/never' '$WORK/closed/'* '$WORK/taken' '$open/taken' 2>/dev/null"
# A link that is changed all the time never gives access to a wrong file.
echo inside >"$open/target"
ln -s "$open/target" "$open/turning"
touch "$WORK/turn"
(while [ -e "$WORK/turn" ]; do
	ln -sfn "$WORK/secret" "$open/turning"
	ln -sfn "$open/target" "$open/turning"
done) &
turner=$!
eval_is "a link that turns between check and use gives no wrong file" "0" -P "fs:read=$open/*" '
	local wrong, right, denied = 0, 0, 0
	for i = 1, 3000 do
		local ok, f = pcall(io.open, ...)
		if not ok then denied = denied + 1
		elseif f then
			if f:read() == "secret" then wrong = wrong + 1 else right = right + 1 end
			f:close()
		end
	end
	return wrong' "$open/turning"
rm "$WORK/turn"
wait $turner

# An example with only the permission that it needs.
check "an example runs with the one permission that it needs" lunatik run -P device=passwd /lib/modules/lua/passwd.lua
check "and works" sh -c 'head -n 1 /dev/passwd | grep -q "^.\{20\}$"'
lunatik stop passwd

# The grammar, through the tool.
usage() { check_says "$1 is wrong usage" 2 "$2" lunatik eval -P "$1" 'return 1'; }
usage nosuch "unknown permission: 'nosuch'"
usage fs:steal "unknown fs subpermission: 'steal'"
usage network:ip "unknown network subpermission: 'ip'"
usage 'fs=*' "fs pledge pattern must be an absolute path, not an unanchored wildcard: '*'"
usage fs:read= "permission value is empty: 'fs:read='"
usage "$(printf '%0256d' 0)" "permission name too long: '"
usage "fs=/$(printf '%01023d' 0)" "permission value too long"
usage '~all' 'permission "all" can only be granted as a whole'
check_says "a grant after its rejection is wrong usage" 2 'permission "fs" was rejected' \
	lunatik eval -P '~fs' -P fs 'return 1'
check_says "run takes -P" 1 'permission "load" denied' sh -c 'echo "load(\"\")" | lunatik run -P rcu -'
check_says "spawn takes --pledge" 1 'permission "load" denied' sh -c 'echo "load(\"\")" | lunatik spawn --pledge rcu -'
check_output "repl takes -P" 'true	false' sh -c 'echo "return load ~= nil, (pcall(load, \"\"))" | lunatik repl -P rcu'
eval_is "without -P everything is permitted and nothing sealed" "true	true" 'return io.open("/etc/passwd") ~= nil, pledge("~fs")'
eval_is "with -P the set is sealed" "false	false	false" -P all 'return pledge("~fs", "load", "nosuch")'
eval_is "all is not env" "false" -P all 'return (pcall(os.getenv, "HOME"))'

# pledge.
eval_is "pledge gives one boolean for each" "true	true	true" 'return pledge("fs:read=/etc/*", "~exec", "load")'
eval_is "and none for none" "" 'return pledge()'
eval_is "an error leaves what came before it" "false	false	nil" \
	'local ok = pcall(pledge, "~load", "nosuch", "~rcu") return ok, (pcall(load, "")), require("rcu").table() and nil'
check_says "numbers are texts" 1 "unknown permission: '5'" lunatik eval 'pledge(5)'
check_says "tables are not" 1 "bad argument #2 to 'pledge' (string expected, got table)" lunatik eval 'pledge("load", {})'
eval_is "unrestricted then restricted narrows" "true	false" \
	'pledge("fs:read=/etc/passwd") return (pcall(io.open, "/etc/passwd")), (pcall(io.open, "/etc/group"))'
eval_is "restricted then unrestricted stays restricted" "true	false" \
	'return pledge("fs:read=/etc/passwd", "fs:read"), (pcall(io.open, "/etc/group"))'
check_says "what was rejected is not granted again" 1 'permission "load" was rejected' lunatik eval 'pledge("~load", "load")'
eval_is "rejecting a base leaves its parts" "true	false" \
	'pledge("fs:read=/etc/*", "~fs") return (pcall(io.open, "/etc/passwd")), (pcall(io.open, "/tmp/never", "w"))'
eval_is "a sealed set answers false" "true	true	false	false	false" 'return pledge("seal", "seal", "load", "~load", "nosuch")'
eval_is "a coroutine has its creator's set, then its own" "false	true	true	false" '
	local outer = coroutine.wrap(function() pledge("~load") coroutine.yield((pcall(load, ""))) return (pcall(load, "")) end)
	local a = outer()
	local b = pcall(load, "")
	local before = coroutine.wrap(function() coroutine.yield() return (pcall(load, "")) end)
	before()
	pledge("~load")
	return a, b, before(), (pcall(load, ""))'

# A script that pledges what it needs, but was started without -P.
echo 'pledge("fs:read=/etc/*") pledge("load") coroutine.wrap(function() pledge("rcu") end)()
	require("device").new({ name = "suite_vain" })' >"$WORK/vain.lua"
lunatik run "$WORK/vain.lua"
check_output "its log says once that all else is permitted" 1 sh -c 'lunatik logs vain 2>&1 | grep -c "^pledge: what is not named stays permitted"'
check_output "and so does its status" 1 sh -c 'lunatik status vain | grep -c "pledged without -P: what is not named is permitted, too"'
check "also as JSON" sh -c 'lunatik status vain --json | grep -q "pledged without -P"'
lunatik stop vain
check "it is kept when it has ended" sh -c 'lunatik status vain | grep -q "pledged without -P"'
lunatik run -P fs -P load -P rcu -P device "$WORK/vain.lua"
check_fails "with -P there is nothing to say" sh -c 'lunatik status vain | grep "pledged without"'
check_output "nor to log" "" lunatik logs vain
lunatik stop vain
echo 'pledge("~load", "~exec", "seal") require("device").new({ name = "suite_vain" })' >"$WORK/vain.lua"
lunatik run "$WORK/vain.lua"
check_fails "nor to who rejects and seals" sh -c 'lunatik status vain | grep "pledged without"'
lunatik stop vain

check_says "not too many have sets of their own" 1 "too many coroutines have permissions of their own" lunatik eval '
	local all = {} for i = 1, 300 do all[i] = coroutine.create(function() pledge("~exec") coroutine.yield() end) assert(coroutine.resume(all[i])) end'
check_says "names and values have a bound" 1 "the permissions have more than 16384 bytes" lunatik eval '
	for i = 1, 20 do pledge("fs=/" .. i .. ("x"):rep(1000)) end'
eval_is "ten thousand coroutines come and go with their sets" "10000" '
	local n = 0
	for i = 1, 10000 do n = n + coroutine.wrap(function() pledge("~exec") return 1 end)() end
	collectgarbage()
	return n'
check_output "what a runtime may do is shown" 1 sh -c '
	lunatik spawn -P load -P "fs:read=/etc/*" -P "fs:read=/tmp/*" -P "~exec" suite/child && lunatik status suite/child | grep -cF " load fs:read=/etc/*|/tmp/* ~exec (sealed)"; lunatik stop suite/child'
check_output "and what it has pledged itself" 1 sh -c '
	echo "pledge(\"~load\")" | lunatik run - && lunatik status stdin --json | grep -cF "\"permissions\": \"~load fs exec device thread runner rcu env netfilter network probe\""; lunatik stop stdin'
touch "$WORK/look"
(while [ -e "$WORK/look" ]; do lunatik status >/dev/null; done) &
looker=$!
eval_is "while others look, a runtime pledges on" "done" '
	for i = 1, tonumber((...)) do pledge("~x" .. i % 40) end return "done"' $((3000 / SLOWER))
rm "$WORK/look"
wait $looker

# Children.
result() { eval_is "$1" "$2" 'return require("lunatik")._ENV["suite/results"][...]' "$3"; }
check "a script with few permissions starts another" lunatik eval \
	-P load -P runner=suite/* -P rcu -P fs:read=/etc/* -P "fs:read=/lib/modules/lua/suite/*" '
	require("lunatik")._ENV["suite/results"] = require("rcu").table()
	require("lunatik.runner").run("suite/worker")'
result "the child may what its parent may" "true open" passwd
result "it is granted nothing" "true false false false" grant
result "it narrows itself" "true true true" narrow
eval_is "and is held to that" "1" 'local r = require("lunatik")._ENV["suite/results"].narrowed
	return r:find("permission \"fs:read\" denied for ./etc/passwd") and 1 or r'
result "but no more" "true open" group
result "it gives permissions up" "true true true" reject
eval_is "and has them no more" "1" 'local r = require("lunatik")._ENV["suite/results"].load
	return r:find("permission \"load\" denied", 1, true) and 1 or r'
check_output "its set is shown as inherited" 1 sh -c 'lunatik status suite/worker | grep -c "&/etc/group|/etc/hosts.*(inherited)"'
lunatik stop suite/worker
check_says "a parent starts nothing outside its pattern" 1 "permission \"runner\" denied for 'hello'" \
	lunatik eval -P all -P runner=suite/* 'require("lunatik.runner").run("hello")'
lunatik spawn suite/child
lunatik spawn --name other suite/child
eval_is "runner.list names what may be controlled" "suite/child" -P runner=suite/* 'return require("lunatik.runner").list()'
check_says "runner.stop stops nothing else" 1 "permission \"runner\" denied for 'other'" \
	lunatik eval -P runner=suite/* 'require("lunatik.runner").stop("other")'
check_says "runner.shutdown stops all or nothing" 1 "permission \"runner\" denied for 'other'" \
	lunatik eval -P runner=suite/* 'require("lunatik.runner").shutdown()'
check "both run" sh -c 'lunatik list | grep -x suite/child && lunatik list | grep -x other'
eval_is "what matches is stopped" "" -P runner=suite/* 'return require("lunatik.runner").stop("suite/child")'
check "and the other runs" running other
lunatik stop other

# Attempts to bypass permissions.
echo 'require("device").new({ name = "suite_victim" })' | lunatik run --name suite/victim -
within 120 lunatik eval -P rcu "$(cat "$lua/permissions_around.lua")" "$WORK/secret" >"$WORK/around.out" 2>"$WORK/around.err"
status=$?
check_output "a finalizer that runs last is refused" 1 grep -c "^finalizer refused" "$WORK/around.out"
sed -i '/^finalizer/d' "$WORK/around.out"
take_checks around $status
lunatik stop suite/victim
eval_is "a script cannot use the device itself" "true" \
	'local f = io.open("/dev/lunatik", "r+") return not f or not (f:write(("\0"):rep(14)) and f:flush())'
eval_is "files that are open stay usable" "root" 'local f = io.open("/etc/passwd") pledge("~fs") return (f:read():match("^%a+"))'
eval_is "a module that was loaded stays" "5" 'local m = require("suite.module") pledge("~load", "~fs") return (require("suite.module"))'

# Processes that may open the device.
chmod 666 /dev/lunatik
grep -q '^nobody:' /etc/passwd || echo 'nobody:x:65534:65534:nobody:/:/bin/sh' >>/etc/passwd
as_nobody() { su -s /bin/sh nobody -c "$*"; }
if as_nobody true; then
	check_says "a user without capabilities is refused, even if the node's mode lets him" 4 "/dev/lunatik" as_nobody lunatik list
	check_status "with status 4" 4 as_nobody lunatik eval "'return 1'"
else
	skip "a user without capabilities is refused, even if the node's mode lets him" "su does not work here"
	skip "with status 4" "su does not work here"
fi
if unshare -U -r true 2>/dev/null; then
	check_says "root of a user namespace is refused" 4 "/dev/lunatik" unshare -U -r lunatik list
	check_says "and told why" 4 "permi" unshare -U -r lunatik list
else
	skip "root of a user namespace is refused" "there are no user namespaces here"
	skip "and told why" "there are no user namespaces here"
fi
chmod 600 /dev/lunatik

# Lockdown lasts until the machine ends, so these are the last checks.
lockdown=/sys/kernel/security/lockdown
[ -d /sys/kernel/security ] && mount -t securityfs none /sys/kernel/security 2>/dev/null
if [ -w $lockdown ]; then
	lunatik spawn suite/child
	cat >late.lua <<'LUA'
return function()
	while not io.open("/tmp/locked") do require("linux").schedule(10) end
	print(pcall(require("lunatik.runner").run, "hello"))
	require("actor")
	local _, err = pcall(spawn_vm, { module = "x", subprocess = {} })
	local file = io.open("/tmp/process_error", "w")
	file:write(err.category:name(), " ", err.code)
	file:close()
end
LUA
	lunatik spawn late.lua
	mkfifo lines
	lunatik repl <lines >repl.out 2>&1 &
	repl=$!
	exec 6>lines
	echo 'return "before"' >&6
	wait_until 10 grep -q before repl.out
	echo integrity >$lockdown
	echo 'return "after"' >&6
	exec 6>&-
	check "under lockdown a session that was opened before runs nothing" wait_until 10 grep -q "locked down" repl.out
	wait $repl
	check_fails "not even in its own runtime" grep -q after repl.out
	touch /tmp/locked
	check "under lockdown no process is started" wait_until 10 grep -qx "generic 1" /tmp/process_error
	check "under lockdown scripts are listed" lunatik list
	refused="the kernel is locked down, and admits only scripts that are sealed without the permissions fs, exec, device and netfilter"
	check_says "under lockdown a script with all permissions is refused" 4 "$refused" lunatik eval 'return 1'
	for permission in fs fs:read fs:read=/tmp/none fs:write exec device device=x netfilter netfilter=inet/local_in all; do
		check_says "under lockdown a script with $permission is refused" 4 "$refused" lunatik eval -P load -P "$permission" 'return 1'
	done
	check_says "under lockdown no permissions are left by what is rejected" 4 "$refused" lunatik eval -P all -P '~fs' 'return 1'
	check_output "under lockdown a sealed script without them runs" 3 lunatik eval -P load -P rcu -P thread -P runner -P env 'return 1 + 2'
	check_output "under lockdown so does one that rejects them" 3 lunatik eval -P all -P '~fs' -P '~exec' -P '~device' -P '~netfilter' 'return 1 + 2'
	echo 'return function() while true do require("linux").schedule(10) end end' >sealed.lua
	check "under lockdown such a script is spawned" lunatik spawn -P load sealed.lua
	check "and stopped" within 10 lunatik stop sealed
	check_says "under lockdown no pledge makes up for it" 4 "$refused" lunatik eval 'pledge("seal", "load") return 1'
	check_fails "nor is the module loaded with byte code" sh -c 'rmmod lunatik; modprobe lunatik bytecode=1'
else
	skip "under lockdown a session that was opened before runs nothing" "this kernel has no lockdown"
	skip "not even in its own runtime" "this kernel has no lockdown"
	skip "under lockdown no process is started" "this kernel has no lockdown"
	skip "under lockdown only confined scripts are started" "this kernel has no lockdown"
	skip "nor is the module loaded with byte code" "this kernel has no lockdown"
fi
finish
