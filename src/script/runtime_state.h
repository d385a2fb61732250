/*
 * Private members of the runtime, for the files of this folder alone.
 */
#ifndef BM_SCRIPT_RUNTIME_STATE_H
#define BM_SCRIPT_RUNTIME_STATE_H

#include <pthread.h>
#include <signal.h>

#include "script/runtime.h"
#include "script/threads.h"

struct bm_at {
	struct bm_at *next;
	bm_time at;
	uint64_t order;
	void (*fn)(void *ctx);
	void *ctx;
};

/* What differs between real and virtual time. */
struct bm_engine_ops {
	bm_time (*now)(const struct bm_runtime *rt);
	void (*call)(struct bm_runtime *rt, void (*fn)(void *ctx), void *ctx);
	void (*run)(struct bm_runtime *rt);
	void (*stop)(struct bm_runtime *rt);
	bool (*thread_start)(struct bm_runtime *rt, struct bm_board *board, void (*body)(void *ctx), void *ctx);
	void (*thread_sleep)(struct bm_runtime *rt, bm_time until);
	void (*gate_wait)(struct bm_runtime *rt, struct bm_gate *gate);
	void (*gate_notify)(struct bm_runtime *rt, struct bm_gate *gate);
};

struct bm_virtual;
struct bm_real;

struct bm_runtime {
	struct bm_runtime_options options;
	const struct bm_engine_ops *ops;
	struct bm_virtual *virt; /* one of the two */
	struct bm_real *real;
	struct bm_medium *medium;
	struct bm_prng prng;
	pthread_mutex_t prng_mutex;
	struct bm_actor *actors;
	struct bm_actor **actors_tail;
	struct bm_at *at; /* in order of time */
	uint64_t at_order;
	struct bm_board *boards;
	struct bm_board **boards_tail;
	const struct bm_interpreter *interpreter;
	volatile sig_atomic_t stopped;
	bool started, left; /* real time: bm_runtime_leave */
};

struct bm_virtual *bm_virtual_new(void);
extern const struct bm_engine_ops bm_virtual_ops;
struct bm_real *bm_real_new(void);
struct uv_loop_s *bm_real_uv(struct bm_real *real);
void bm_real_free(struct bm_real *real);
extern const struct bm_engine_ops bm_real_ops;

/* When the medium, a board, an actor or a call at a time is next due. */
bm_time bm_runtime_deadline(const struct bm_runtime *rt);
/* Runs all of these that are due. */
void bm_runtime_run_due(struct bm_runtime *rt, bm_time now);
/* Starts every board's threads; says so on the board where that fails. */
void bm_runtime_start_boards(struct bm_runtime *rt);
/* What boards have left to say at the end. */
void bm_runtime_end_boards(struct bm_runtime *rt);

/* For bm_clock_read and the like, which exist in virtual time alone. */
bool bm_virtual_is_quiet(const struct bm_virtual *v);
bm_time bm_virtual_clock_read(struct bm_runtime *rt, bool *due);
void bm_virtual_yield(struct bm_runtime *rt);
bool bm_virtual_lock_acquire(struct bm_runtime *rt, struct bm_lock *lock, bm_time deadline);
void bm_virtual_lock_release(struct bm_runtime *rt, struct bm_lock *lock);
void **bm_virtual_local(struct bm_runtime *rt);

/* A thread on which no signal arrives; detached unless its handle is asked for. */
bool bm_spawn(void *(*main)(void *ctx), void *ctx, pthread_t *handle);

#endif
