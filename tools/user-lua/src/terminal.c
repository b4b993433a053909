/* SPDX-License-Identifier: GPL-2.0-only OR MIT */

/*
 * A command in a pseudo terminal, for tests of what people type.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lauxlib.h"
#include "lua.h"

#define MOST_WORDS 16

void user_lua_open_terminal(lua_State *L);

static int failed(lua_State *L, const char *what)
{
	return luaL_error(L, "%s: %s", what, strerror(errno));
}

static void run_in(const char *terminal, char **words)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	int file;

	setsid();
	file = open(terminal, O_RDWR);
	if (file >= 0) {
		ioctl(file, TIOCSCTTY, 0);
		ioctl(file, TIOCSWINSZ, &size);
		dup2(file, 0);
		dup2(file, 1);
		dup2(file, 2);
		execvp(words[0], words);
	}
	_exit(127);
}

/* terminal_start(word, ...): runs a command in a new terminal. Returns that and the process. */
static int terminal_start(lua_State *L)
{
	char *words[MOST_WORDS + 1] = { NULL };
	int count = lua_gettop(L), terminal, i;
	const char *name;
	pid_t process;

	luaL_argcheck(L, count > 0 && count <= MOST_WORDS, 1, "a command expected");
	for (i = 0; i < count; i++)
		words[i] = (char *)luaL_checkstring(L, i + 1);
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return failed(L, "no terminal");
	name = ptsname(terminal);
	process = fork();
	if (process < 0)
		return failed(L, "no process");
	if (process == 0)
		run_in(name, words);
	lua_pushinteger(L, terminal);
	lua_pushinteger(L, process);
	return 2;
}

/* terminal_type(terminal, text): types it. */
static int terminal_type(lua_State *L)
{
	size_t length;
	int terminal = (int)luaL_checkinteger(L, 1);
	const char *text = luaL_checklstring(L, 2, &length);

	if (write(terminal, text, length) != (ssize_t)length)
		return failed(L, "the terminal takes no text");
	return 0;
}

/* terminal_read(terminal, ms): what the command has written; nil after that time or at its end. */
static int terminal_read(lua_State *L)
{
	struct pollfd what = { .fd = (int)luaL_checkinteger(L, 1), .events = POLLIN };
	int ms = (int)luaL_checkinteger(L, 2);
	char text[4096];
	ssize_t length = -1;

	if (poll(&what, 1, ms) > 0)
		length = read(what.fd, text, sizeof(text));
	if (length <= 0)
		return 0;
	lua_pushlstring(L, text, length);
	return 1;
}

/* terminal_end(terminal, process): waits for the process. Returns its exit status. */
static int terminal_end(lua_State *L)
{
	int terminal = (int)luaL_checkinteger(L, 1), status = 0;

	waitpid((pid_t)luaL_checkinteger(L, 2), &status, 0);
	close(terminal);
	lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	return 1;
}

void user_lua_open_terminal(lua_State *L)
{
	lua_register(L, "terminal_start", terminal_start);
	lua_register(L, "terminal_type", terminal_type);
	lua_register(L, "terminal_read", terminal_read);
	lua_register(L, "terminal_end", terminal_end);
}
