/*
 * A board: an LED, alarms, callbacks, a prompt, what its script prints, and, once the script called init, a node.
 * For this folder and the bindings.
 */
#ifndef BM_SCRIPT_BOARD_H
#define BM_SCRIPT_BOARD_H

#include "script/alarm.h"
#include "script/callbacks.h"
#include "script/led.h"
#include "script/mesh_state.h"
#include "script/runtime.h"
#include "script/threads.h"
#include "script/value.h"

/* A line longer than this is reported in pieces. */
#define BM_LINE_MAX 8192u
#define BM_TYPED_MAX 1024u

/* The binding's, for people at the prompt. */
struct bm_person {
	void *interpreter;    /* NULL: not made */
	unsigned long thread; /* the script's, as the interpreter knows it */
	bool settled;         /* it is made, or cannot be */
};

enum bm_stream { BM_STREAM_OUT, BM_STREAM_ERR };

/* A line that a thread of the script has begun. */
struct bm_line {
	struct bm_line *next;
	enum bm_stream stream;
	uint64_t writer;
	size_t len; /* 0: free */
	char octets[BM_LINE_MAX + 1];
};

struct bm_typed {
	struct bm_typed *next;
	bool seen;
	char code[];
};

struct bm_board {
	struct bm_runtime *rt;
	struct bm_board *next;
	struct bm_board_options options;
	char *name;
	char *script; /* NULL: none */
	uint8_t addr[6];
	uint8_t uuid[BM_UUID_LEN];
	struct bm_prng prng; /* for the script's own random numbers */
	struct bm_station *station;
	struct bm_led led;
	struct bm_alarm *alarms;
	size_t alarm_count;
	struct bm_callbacks callbacks;
	bm_time lost_report_at;
	pthread_mutex_t lines_mutex;
	struct bm_line *lines;
	struct bm_gate prompt; /* of typed */
	struct bm_typed *typed, **typed_tail;
	size_t typed_count;
	enum bm_prompt_state prompt_state; /* BUSY: typed code runs */
	struct bm_person person;           /* who sits at the prompt */
	struct bm_mesh mesh;
};

/* Reports an event; at is filled in. On the loop. */
void bm_board_say(struct bm_board *board, const struct bm_board_event *event);
/* The same from an interpreter's thread (without its lock). */
void bm_board_report(struct bm_board *board, const struct bm_board_event *event);

/* What a script wrote, from an interpreter's thread (without its lock): whole lines are reported, the rest waits for
 * its end. Each writer, a thread by whatever number, has lines of its own. */
void bm_board_write(struct bm_board *board, enum bm_stream stream, uint64_t writer, const char *octets, size_t len);
/* The lines this writer has begun are reported too. */
void bm_board_write_end(struct bm_board *board, uint64_t writer);

/* On the script's thread, its script over: waits for the next typed code. The caller frees it. */
struct bm_typed *bm_board_next_typed(struct bm_board *board);

/* Queues a callback and reports it if callbacks get lost. On the loop. */
void bm_board_queue(struct bm_board *board, const struct bm_callback *callback);

/* Which of these functions of the binding's the board may call yet, from an interpreter's thread (without its lock).
 * All, if the board has stopped. */
void bm_board_functions_used(struct bm_board *board, void *const *functions, size_t count, bool *used);

bm_time bm_board_deadline(const struct bm_board *board);
void bm_board_run(struct bm_board *board, bm_time now);
void bm_board_end(struct bm_board *board);

#endif
