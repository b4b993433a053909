/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Runs a Lua script: with UPSTREAM like any interpreter, otherwise through the edge of the kernel module, on stacks of
 * 16 KiB with guard pages below, like kernel stacks.
 *
 * Options: --segments N (the number of stacks), --interrupt MS (end the script after that time), --fail-each (run
 * repeatedly, each time with another failing allocation), --look-up (print whether a collection after the script, and
 * the end, give way to other threads repeatedly when asked to), --stops N (call the function that the script returns,
 * and end it, N times). Prints the error that ends the script on standard output. For each stop, prints a line with the
 * nanoseconds of CPU time that it took, and the number of stacks that were taken for calls.
 */

#include <limits.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#ifdef UPSTREAM

#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

static int keep(lua_State *L)
{
	(void)L;
	return 1;
}

int main(int count, char **words)
{
	lua_State *L = luaL_newstate();

	luaL_openlibs(L);
	/* Uses as many slots of Lua's stack as the edge. */
	lua_pushcfunction(L, keep);
	if (luaL_loadfilex(L, words[count - 1], "t") || lua_pcall(L, 0, 0, 1))
		printf("error: %s\n", luaL_tolstring(L, -1, NULL));
	lua_close(L);
	return 0;
}

#else

#include "edge.h"

#define SLOT (2 * LUNATIK_THREAD_SIZE)
#define MOST 1024

static char *slots;
static long segments = 96;
static long used;
static long high;
static volatile long taken;

static void make_slots(void)
{
	char *at = mmap(NULL, SLOT * (MOST + 1), PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long i;

	slots = (char *)(((unsigned long)at + SLOT - 1) & ~(SLOT - 1));
	for (i = 0; i < MOST; i++)
		mprotect(slots + i * SLOT + LUNATIK_THREAD_SIZE, LUNATIK_THREAD_SIZE,
			 PROT_READ | PROT_WRITE);
}

static void on_stack(void *top, void (*call)(void *), void *argument)
{

	__asm__ volatile(
		"movq %%rsp, %%rbx\n\t"
		"movq %[top], %%rsp\n\t"
		"callq *%[call]\n\t"
		"movq %%rbx, %%rsp"
		: "+D"(argument), [top] "+r"(top), [call] "+r"(call)
		:
		: "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory",
		  "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
		  "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

const void *lunatik_hidden_address(const void *address)
{
	return address;
}

unsigned int lunatik_random_seed(void)
{
	return 1;
}

int lunatik_slice_is_over(void *vm)
{
	(void)vm;
	return 0;
}

int lunatik_vm_is_traced(void *vm)
{
	(void)vm;
	return 0;
}

void lunatik_vm_traced(void *vm, const char *text, size_t length)
{
	(void)vm;
	(void)text;
	(void)length;
}

/* After how many questions a sample is wanted; 0: none is. */
static long asked;
static lua_State *asker;
static char sample[4096];
static size_t sample_length;
static int sample_is_cut;

int lunatik_vm_is_sampled(void *vm)
{
	(void)vm;
	if (asked > 1)
		lunatik_look_up(asker);
	return asked > 0 && --asked == 0;
}

void lunatik_vm_sample(lua_State *L, int at_instruction)
{
	sample_length = lunatik_sample(L, at_instruction, sample, sizeof(sample), &sample_is_cut);
}

/* ask(n): takes a sample at the n-th place where the code attends from now on; ask(1) is where ask() is called. */
static int ask(lua_State *L)
{
	asked = luaL_checkinteger(L, 1);
	asker = L;
	lunatik_look_up(L);
	return 0;
}

/* Returns the sample, and whether calls are missing in it. */
static int taken_sample(lua_State *L)
{
	lua_pushlstring(L, sample, sample_length);
	lua_pushboolean(L, sample_is_cut);
	return 2;
}

static long given_way;

void lunatik_vm_give_way(void *vm)
{
	(void)vm;
	given_way++;
}

int lunatik_hop(lua_State *L, void (*function)(void *), void *argument)
{
	/* As in the kernel, code that must end gets none. */
	if (used >= segments || lunatik_is_ended(L))
		return 0;
	used++;
	taken++;
	if (used > high)
		high = used;
	on_stack(slots + used * SLOT, function, argument);
	used--;
	return 1;
}

int lunatik_bytecode_allowed_in(lua_State *L)
{
	(void)L;
	return 0;
}

void lunatik_thread_made(lua_State *creator, lua_State *thread)
{
	(void)creator;
	(void)thread;
}

void lunatik_demand_permission(lua_State *L, int permission, const char *value)
{
	(void)L;
	(void)permission;
	(void)value;
}

void lunatik_demand_process(lua_State *L)
{
	(void)L;
}

/* All code here runs in threads. */
int lunatik_may_sleep(lua_State *L)
{
	(void)L;
	return 1;
}

int lunatik_raise_context(lua_State *L)
{
	return luaL_error(L, "not in atomic context");
}

void lunatik_thread_freed(lua_State *thread)
{
	(void)thread;
}

void lunatik_state_closed(lua_State *main)
{
	(void)main;
}

void lunatik_write(lua_State *L, int stream, const char *text, size_t length)
{
	(void)L;
	fwrite(text, 1, length, stream == 2 ? stderr : stdout);
}

static size_t held;
static long until_failure = -1;
static int failed;

static void *allocate(void *ud, void *block, size_t old_size, size_t size)
{
	(void)ud;
	if (block == NULL)
		old_size = 0;
	/* Two in a row fail: after the first one Lua collects garbage and tries again. */
	if (size > old_size && until_failure >= 0 && until_failure-- <= 1) {
		failed = 1;
		return NULL;
	}
	held += size - old_size;
	if (size == 0) {
		free(block);
		return NULL;
	}
	return realloc(block, size);
}

static long milliseconds = -1;
static int look_up;

/* polls(f, ...): calls the C function f with the rest. Returns how often it gives way to other threads. */
static int polls(lua_State *L)
{
	long before = given_way;

	lunatik_look_up(L);
	lua_call(L, lua_gettop(L) - 1, 0);
	lua_pushinteger(L, given_way - before);
	return 1;
}

/* whole(n, f, ...): calls f with the rest, which must have n results. Reports it if the call returns another number. */
static int whole(lua_State *L)
{
	lua_Integer wanted = lua_tointeger(L, 1);

	lua_call(L, lua_gettop(L) - 2, LUA_MULTRET);
	if (lua_gettop(L) - 1 != wanted)
		printf("not whole\n");
	return 0;
}

static void print_given_way(const char *when)
{
	printf("%s: %s\n", when, given_way >= 10 ? "gives way" : "does not give way");
	given_way = 0;
}

static void *interrupt_later(void *L)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };

	nanosleep(&time, NULL);
	lunatik_interrupt(L, LUNATIK_INTERRUPT_ALL);
	return NULL;
}

/*
 * Stops: the script is interrupted after some CPU time, and the CPU time that it uses from then on is measured. Its own
 * thread requests the interrupt in the handler of a timer: another thread could lose the CPU between reading the clock
 * and the request. So other programs on the machine do not disturb the measurement.
 */
static long stops;
static lua_State *to_stop;
static volatile long requested;
static volatile long taken_before;

static long cpu_time(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * 1000000000 + time.tv_nsec;
}

static void interrupt_here(int signal)
{
	(void)signal;
	taken_before = taken;
	requested = cpu_time();
	lunatik_interrupt(to_stop, LUNATIK_INTERRUPT_ALL);
}

/* A signal handler needs more stack than is left on some of the small stacks. */
static void handle_signals(void)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_handler = interrupt_here,
				    .sa_flags = SA_ONSTACK | SA_RESTART };

	if (sigaltstack(&alternate, NULL) || sigaction(SIGALRM, &action, NULL))
		abort();
}

static void run_and_stop(lua_State *L)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec when = { .it_value.tv_nsec = 100000 + rand() % 60 * 1000000L };
	timer_t timer;

	if (lunatik_try_call(L, 0, 1) != 0)
		return;
	to_stop = L;
	if (timer_create(CLOCK_THREAD_CPUTIME_ID, &event, &timer) ||
	    timer_settime(timer, 0, &when, NULL))
		abort();
	if (lunatik_try_call(L, 0, 0) == 0)
		printf("it has returned\n");
	printf("%ld ", cpu_time() - requested);
	printf("%ld\n", taken - taken_before);
	timer_delete(timer);
}

static const char *script;
static char *text;
static size_t text_size;
static int quiet;

static void read_script(void)
{
	FILE *file = fopen(script, "r");

	text = malloc(1 << 20);
	text_size = fread(text, 1, 1 << 20, file);
	fclose(file);
}

/* Prints a line on standard output if the script ends in an error. */
static void run(void *unused)
{
	static struct lunatik_vm vm;
	char name[256];
	lua_State *L = lunatik_newstate(allocate, &vm, 1);
	pthread_t thread;
	int status;

	(void)unused;
	if (L == NULL)
		return;
	snprintf(name, sizeof(name), "@%s", script);
	if (milliseconds >= 0)
		pthread_create(&thread, NULL, interrupt_later, L);
	status = lunatik_openlibs(L);
	/* Unprotected, because nothing needs it when allocations fail. */
	if (status == 0 && !quiet) {
		lua_register(L, "polls", polls);
		lua_register(L, "whole", whole);
		lua_register(L, "ask", ask);
		lua_register(L, "taken", taken_sample);
	}
	if (status == 0)
		status = lunatik_try_load(L, text, text_size, name);
	if (status == 0 && stops > 0)
		run_and_stop(L);
	else if (status == 0)
		status = lunatik_try_call(L, 0, 0);
	if (status != 0 && quiet) {
		const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "?";

		if (strstr(message, "not enough memory") == NULL)
			printf("error: %s\n", message);
	} else if (status != 0) {
		lunatik_try_tolstring(L, -1);
		printf("error: %s\n", lua_tostring(L, -1));
	}
	if (milliseconds >= 0)
		pthread_join(thread, NULL);
	if (look_up) {
		given_way = 0;
		lunatik_look_up(L);
		lua_gc(L, LUA_GCCOLLECT);
		print_given_way("a collection");
	}
	lunatik_run_finalizers(L);
	lunatik_close(L);
	if (look_up)
		print_given_way("the end");
}

int main(int count, char **words)
{
	int each = 0;
	long i;

	for (i = 1; i < count - 1; i++) {
		if (strcmp(words[i], "--fail-each") == 0)
			each = 1;
		else if (strcmp(words[i], "--look-up") == 0)
			look_up = 1;
		else if (strcmp(words[i], "--stops") == 0)
			stops = atol(words[++i]);
		else if (strcmp(words[i], "--segments") == 0)
			segments = atol(words[++i]);
		else if (strcmp(words[i], "--interrupt") == 0)
			milliseconds = atol(words[++i]);
	}
	script = words[count - 1];
	read_script();
	make_slots();
	if (stops > 0) {
		handle_signals();
		/* Keep the pages, because allocating and freeing them is work of the host. */
		mallopt(M_MMAP_MAX, 0);
		mallopt(M_TRIM_THRESHOLD, INT_MAX);
	}
	quiet = each;
	for (i = 0;; i++) {
		used = 1;
		failed = 0;
		until_failure = each ? i : -1;
		on_stack(slots + SLOT, run, NULL);
		if (held != 0)
			printf("leak: %zu bytes\n", held);
		if (used != 1)
			printf("segments in use: %ld\n", used);
		if (stops > 0 ? i + 1 >= stops : !each || !failed)
			break;
	}
	if (each)
		printf("failures: %s\n", i > 100 ? "many" : "few");
	fprintf(stderr, "most segments: %ld\n", high);
	return 0;
}

#endif
