/*
 * The runtime under scripts: one loop that runs every node, the medium and whatever else has a deadline, in real time
 * or in virtual time; boards whose scripts live on threads of the interpreter; and the crossing between the two.
 *
 * Real time: the loop is a thread (libuv) that never takes the interpreter's lock; calls of scripts are queued to it
 * and wait for their result, callbacks are queued to the board's callback thread. Virtual time: one scheduler hands a
 * baton to one interpreter thread at a time; whoever holds the baton may call into nodes directly.
 *
 * Everything here but bm_runtime_call, bm_runtime_stop, bm_runtime_now and what is for people at a prompt is called
 * before bm_runtime_run or on the loop.
 */
#ifndef BM_SCRIPT_RUNTIME_H
#define BM_SCRIPT_RUNTIME_H

struct uv_loop_s; /* libuv's uv_loop_t */

#include "blemesh/node.h"
#include "blemesh/sqlite_store.h"
#include "sim/medium.h"

struct bm_runtime;
struct bm_board;

/* Something with a deadline. Registered once, polled whenever the loop looks for what is next. */
struct bm_actor {
	bm_time (*deadline)(void *ctx);
	void (*run)(void *ctx, bm_time now);
	void *ctx;
	struct bm_actor *next; /* the runtime's */
};

struct bm_runtime_options {
	bool virtual_time;
	bool seeded; /* every random source comes from seed (virtual time, or insecurely in real time) */
	uint64_t seed;
};

struct bm_runtime *bm_runtime_new(const struct bm_runtime_options *options);
struct bm_medium *bm_runtime_medium(struct bm_runtime *rt);
/* The libuv loop of a real-time runtime; NULL in virtual time. */
struct uv_loop_s *bm_runtime_uv(struct bm_runtime *rt);
bool bm_runtime_is_virtual(const struct bm_runtime *rt);
/* As it was made with. */
const struct bm_runtime_options *bm_runtime_options(const struct bm_runtime *rt);
bm_time bm_runtime_now(const struct bm_runtime *rt); /* microseconds since the runtime began; any thread */
/* Random octets: from the seed if seeded, else the system's (getrandom). */
void bm_runtime_random(struct bm_runtime *rt, uint8_t *out, size_t len);
void bm_runtime_add_actor(struct bm_runtime *rt, struct bm_actor *actor);
/* Runs fn(ctx) on the loop at that time (or at once if it is past). */
void bm_runtime_at(struct bm_runtime *rt, bm_time at, void (*fn)(void *ctx), void *ctx);
/* Runs fn(ctx) on the loop (virtual: where the baton is) and returns when it is done. From interpreter threads, which
 * must not hold the interpreter's lock. */
void bm_runtime_call(struct bm_runtime *rt, void (*fn)(void *ctx), void *ctx);
/* Runs until bm_runtime_stop. */
void bm_runtime_run(struct bm_runtime *rt);
/* After bm_runtime_run: no thread is inside a node, nor gets into one any more. */
bool bm_runtime_is_quiet(const struct bm_runtime *rt);
/* Ends bm_runtime_run; any thread, signal handlers too. */
void bm_runtime_stop(struct bm_runtime *rt);
/* Ends bm_runtime_run for now: it can be called again. On the loop of a real-time runtime. */
void bm_runtime_leave(struct bm_runtime *rt);
/* Of a real-time runtime without boards: the medium goes too, and what has a handle on the loop was closed before. */
void bm_runtime_free(struct bm_runtime *rt);

/* What happens on a board, for people and machines. Strings are valid during the call. On the loop. */
enum bm_board_event_kind {
	BM_BOARD_PRINT,     /* text: a line, without its end */
	BM_BOARD_LED,       /* rgb */
	BM_BOARD_PROV,      /* prov, addr, oob (or 0) */
	BM_BOARD_EXCEPTION, /* text: the traceback */
	BM_BOARD_TYPED,     /* text: the code typed */
	BM_BOARD_EXIT,      /* code: the script ended (0), by an exception (1), by sys.exit */
	BM_BOARD_WARNING,   /* text: e.g. callbacks lost because the queue was full */
};

enum bm_board_prov {
	BM_BOARD_BEACONING,
	BM_BOARD_LINK_OPEN,
	BM_BOARD_OOB,
	BM_BOARD_COMPLETE,
	BM_BOARD_FAILED,
	BM_BOARD_CLOSED,
	BM_BOARD_RESET,
	BM_BOARD_RESTORED,     /* a node again, as in the run before; addr */
	BM_BOARD_PROVISIONER,  /* it made a network of its own: addr */
	BM_BOARD_FRIEND_FOUND, /* a low power node: addr is its friend's */
	BM_BOARD_FRIEND_LOST,
};

struct bm_board_event {
	enum bm_board_event_kind kind;
	bm_time at;
	const char *text;
	uint32_t rgb;
	enum bm_board_prov prov;
	uint16_t addr;
	struct bm_oob_value oob;
	int code;
	bool seen; /* BM_BOARD_TYPED: whoever typed it sees it already */
};

struct bm_board_options {
	const char *name;
	const char *script; /* path; NULL: the interpreter brings its own main (plain python3) */
	void (*on_event)(void *ctx, struct bm_board *board, const struct bm_board_event *event);
	/* Node traces (messages, drops); NULL: none. */
	void (*on_trace)(void *ctx, struct bm_board *board, const struct bm_trace *trace);
	void *ctx;
	/* What the board is and knows outlasts the run in here; its owner closes it after the run. NULL: nothing does.
	 */
	struct bm_sqlite_store *store;
};

/* Makes a board on the runtime's medium. It has a name, an address, a UUID (dd dd, the address, zeros) and an LED whose
 * heartbeat is on; its node exists once the script called init. NULL when memory is out. */
struct bm_board *bm_board_new(struct bm_runtime *rt, const struct bm_board_options *options);
const char *bm_board_name(const struct bm_board *board);
const uint8_t *bm_board_uuid(const struct bm_board *board);
/* NULL before init. */
struct bm_node *bm_board_node(struct bm_board *board);
/* Types code at the board's prompt: it runs on the script's thread once the script's last line has run; an expression's
 * repr is printed. Copied. seen: as the event will say. */
void bm_board_type(struct bm_board *board, const char *code, bool seen);
/* Typed code that never ran because the script did not end. */
size_t bm_board_typed_waiting(const struct bm_board *board);

/*
 * For whoever sits at a board's prompt, in real time: from a thread of his own, never on the loop.
 */
enum bm_prompt_state {
	BM_PROMPT_NOT_YET, /* the script has not come to its last line */
	BM_PROMPT_IDLE,
	BM_PROMPT_BUSY, /* typed code runs or waits */
};
enum bm_prompt_state bm_board_prompt_state(struct bm_board *board);
/* Waits until all code typed so far has run. */
void bm_board_prompt_wait(struct bm_board *board);
/* Is code the beginning of something that needs more lines, by the rules of the interpreter's own prompt? Waits until
 * the board has its interpreter. */
bool bm_board_wants_more(struct bm_board *board, const char *code);
/* Calls each for every way in which the last replace octets of line can go on, given the names that the board knows. */
void bm_board_complete(struct bm_board *board, const char *line,
		       void (*each)(void *ctx, size_t replace, const char *candidate), void *ctx);
/* Raises KeyboardInterrupt in the typed code that runs, if any does. */
void bm_board_interrupt(struct bm_board *board);

/* The interpreter, as far as the runtime knows it: bindings/cpython implements this. */
struct bm_interpreter {
	/* Starts a board's threads: runs its script, then what is typed; serves callbacks. */
	bool (*start_board)(struct bm_board *board, char *error, size_t error_len);
	/* As the functions of a board above. */
	bool (*wants_more)(struct bm_board *board, const char *code);
	void (*complete)(struct bm_board *board, const char *line,
			 void (*each)(void *ctx, size_t replace, const char *candidate), void *ctx);
	void (*interrupt)(struct bm_board *board);
};
void bm_runtime_set_interpreter(struct bm_runtime *rt, const struct bm_interpreter *interpreter);

#endif
