-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that tells who it is.

require("inbox"):receive():send("dir/child " .. _CONTEXT)
