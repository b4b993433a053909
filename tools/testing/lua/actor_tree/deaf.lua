-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that receives one message, keeps what is in it, and then nothing more.

local kept = require("inbox"):receive()
require("time").sleep(1000000)
print(kept)
