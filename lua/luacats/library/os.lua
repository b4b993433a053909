-- SPDX-License-Identifier: GPL-2.0-only OR MIT
---@meta os

-- The library `os` as it is in the kernel: without `execute` and `exit`.

---Time, and names of files.
---@class oslib
os = {}

---Returns the seconds of CPU time that the script has used.
---Works in hooks.
---@return number
function os.clock() end

---Returns a time as a text or table. Local time is UTC.
---Works in hooks.
---@param format? string As that of strftime(3); "*t" gives a table. "%c" unless given.
---@param time? integer The seconds since 1970; now unless given.
---@return string|lunatik.date
function os.date(format, time) end

---Returns the seconds between two times.
---Works in hooks.
---@param t2 integer The later time.
---@param t1 integer The earlier time.
---@return number
function os.difftime(t2, t1) end

---Returns the seconds since 1970, now or of a date, which is in UTC.
---Works in hooks.
---@param date? lunatik.date The date, whose fields are made regular.
---@return integer
function os.time(date) end

---Returns nil: the kernel has no environment.
---Works in hooks. Needs the permission `env` for the variable.
---@param name string The name of the variable.
---@return string?
function os.getenv(name) end

---Removes a file or an empty directory. Returns true, or nil, a message and an error number.
---Needs the permission `fs:write` for the path.
---@param filename string The path.
---@return boolean?
---@return string? message
---@return integer? errno
function os.remove(filename) end

---Renames a file. Returns true, or nil, a message and an error number.
---Needs the permission `fs:write` for both paths.
---@param oldname string The path.
---@param newname string The new path.
---@return boolean?
---@return string? message
---@return integer? errno
function os.rename(oldname, newname) end

---Returns the name of the locale, which is always "C".
---@param locale? string The locale: "C", "POSIX" or ""; for others it returns nil.
---@param category? "all"|"collate"|"ctype"|"monetary"|"numeric"|"time" The category.
---@return string?
function os.setlocale(locale, category) end

---Returns the path of a new file, which exists.
---Needs the permission `fs:write` without values.
---@return string
function os.tmpname() end

---A date.
---@class lunatik.date
---@field year integer|string The year.
---@field month integer|string The month, from 1 to 12.
---@field day integer|string The day, from 1 to 31.
---@field hour? integer|string The hour, 12 unless given.
---@field min? integer|string The minute.
---@field sec? integer|string The second.
---@field wday? integer The day of the week, 1 for Sunday.
---@field yday? integer The day of the year.
---@field isdst? boolean Whether daylight saving holds; never in the kernel.

return os
