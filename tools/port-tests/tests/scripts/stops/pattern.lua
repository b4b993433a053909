-- SPDX-License-Identifier: GPL-2.0-only OR MIT
print(("a"):rep(40):find(("a?"):rep(100) .. ("a"):rep(100)))
print(("a"):rep(1000):find((".-"):rep(100) .. "b"))
