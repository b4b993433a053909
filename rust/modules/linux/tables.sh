#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR MIT
#
# Usage: tables.sh constants.list BINDINGS OUTPUT
#
# Writes the tables of constants that rust/sys/constants.rs includes: those that the list names, with the values that
# bindgen has found in the kernel's headers. The entries of a table are in the order of their bytes.

set -eu
export LC_ALL=C
lines=$3.lines

# Without rustfmt, bindgen writes everything on one line. Writes lines "TABLE NAME VALUE"; a nested
# table is an entry whose value is its path.
tr ';' '\n' <"$2" | sed 's/ *: */: /' | awk '
	FNR == 1 { file++ }
	file == 1 && /^[^#]/ {
		path[++count] = "linux." $1
		prefix[count] = $2
		pattern[count] = "^(" (NF > 2 ? $3 : ".*") ")$"
	}
	file == 2 && $1 == "pub" && $2 == "const" && $(NF - 1) == "=" {
		name = $3
		value = $NF
		sub(/:$/, "", name)
		best = 0
		for (i = 1; i <= count; i++)
			if (index(name, prefix[i]) == 1 && (!best || length(prefix[i]) > length(prefix[best])))
				best = i
		if (!best)
			next
		name = substr(name, length(prefix[best]) + 1)
		if (name !~ pattern[best] || name == "")
			next
		print path[best], name, value
		found[best] = 1
	}
	END {
		for (i = 1; i <= count; i++) {
			if (!found[i]) {
				print path[i] ": the headers have no constant for it" >"/dev/stderr"
				exit 1
			}
			inner = path[i]
			while (match(inner, /\.[^.]*$/)) {
				print substr(inner, 1, RSTART - 1), substr(inner, RSTART + 1), inner
				inner = substr(inner, 1, RSTART - 1)
			}
		}
	}
' "$1" - >"$lines"

sort -u -k 1,1 -k 2,2 "$lines" | awk '
	!($1 in number) { number[$1] = tables++ }
	{ line[NR] = $0 }
	END {
		print "pub(crate) static TABLES: &[Table] = &["
		for (i = 1; i <= NR; i++) {
			split(line[i], field, " ")
			if (field[1] != open) {
				if (open)
					print "        ],\n    },"
				open = field[1]
				printf "    Table {\n        path: c\"%s\",\n        entries: &[\n", open
			}
			value = field[3] in number ? "Table(" number[field[3]] ")" : "Constant(" field[3] ")"
			printf "            (b\"%s\", Entry::%s),\n", field[2], value
		}
		print "        ],\n    },\n];"
	}
' >"$3"
rm "$lines"
