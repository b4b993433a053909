-- SPDX-License-Identifier: GPL-2.0-only OR MIT
--
-- An actor that fails.

error("an actor of the tree fails")
