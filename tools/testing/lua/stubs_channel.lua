-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor for stubs.lua: it ends when nobody can send to it any more.

pcall(require("inbox").receive, require("inbox"))
