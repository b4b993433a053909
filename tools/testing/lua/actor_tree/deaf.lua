-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that receives nothing.

require("time").sleep(1000000)
