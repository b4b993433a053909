-- SPDX-License-Identifier: GPL-2.0-only OR MIT
table.move({}, 1, 1 << 60, 2)
