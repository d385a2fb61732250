/*
 * What the runtime does alike in real and in virtual time: its lists, what is due next, randomness.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "script/board.h"
#include "script/runtime_state.h"

struct bm_runtime *bm_runtime_new(const struct bm_runtime_options *options)
{
	struct bm_runtime *rt = calloc(1, sizeof *rt);
	if (!rt)
		return NULL;
	rt->options = *options;
	rt->actors_tail = &rt->actors;
	rt->boards_tail = &rt->boards;
	pthread_mutex_init(&rt->prng_mutex, NULL);
	bm_prng_seed(&rt->prng, options->seed);
	uint64_t medium_seed = 0;
	bm_runtime_random(rt, (uint8_t *)&medium_seed, sizeof medium_seed);
	rt->medium = bm_medium_new(medium_seed);
	if (options->virtual_time) {
		rt->virt = bm_virtual_new();
		rt->ops = &bm_virtual_ops;
	} else {
		rt->real = bm_real_new();
		rt->ops = &bm_real_ops;
	}
	if (!rt->medium || (!rt->virt && !rt->real)) {
		bm_medium_free(rt->medium);
		free(rt);
		return NULL;
	}
	return rt;
}

struct bm_medium *bm_runtime_medium(struct bm_runtime *rt)
{
	return rt->medium;
}

struct uv_loop_s *bm_runtime_uv(struct bm_runtime *rt)
{
	return rt->real ? bm_real_uv(rt->real) : NULL;
}

bool bm_runtime_is_virtual(const struct bm_runtime *rt)
{
	return rt->virt;
}

const struct bm_runtime_options *bm_runtime_options(const struct bm_runtime *rt)
{
	return &rt->options;
}

bm_time bm_runtime_now(const struct bm_runtime *rt)
{
	return rt->ops->now(rt);
}

void bm_runtime_random(struct bm_runtime *rt, uint8_t *out, size_t len)
{
	if (rt->options.seeded) {
		pthread_mutex_lock(&rt->prng_mutex);
		bm_prng_fill(&rt->prng, out, len);
		pthread_mutex_unlock(&rt->prng_mutex);
		return;
	}
	while (len) {
		const ssize_t got = getrandom(out, len, 0);
		if (got < 0 && errno != EINTR)
			abort(); /* keys without randomness are worse than no keys */
		if (got > 0) {
			out += got;
			len -= (size_t)got;
		}
	}
}

void bm_runtime_add_actor(struct bm_runtime *rt, struct bm_actor *actor)
{
	actor->next = NULL;
	*rt->actors_tail = actor;
	rt->actors_tail = &actor->next;
}

void bm_runtime_at(struct bm_runtime *rt, bm_time at, void (*fn)(void *ctx), void *ctx)
{
	struct bm_at *item = malloc(sizeof *item);
	if (!item)
		abort(); /* silently losing a promise to call back would hang its maker */
	struct bm_at **place = &rt->at;
	while (*place && (*place)->at <= at)
		place = &(*place)->next;
	*item = (struct bm_at){.next = *place, .at = at, .order = rt->at_order++, .fn = fn, .ctx = ctx};
	*place = item;
}

void bm_runtime_call(struct bm_runtime *rt, void (*fn)(void *ctx), void *ctx)
{
	rt->ops->call(rt, fn, ctx);
}

void bm_runtime_set_interpreter(struct bm_runtime *rt, const struct bm_interpreter *interpreter)
{
	rt->interpreter = interpreter;
}

void bm_runtime_run(struct bm_runtime *rt)
{
	rt->ops->run(rt);
}

bool bm_runtime_is_quiet(const struct bm_runtime *rt)
{
	return !rt->virt || bm_virtual_is_quiet(rt->virt);
}

void bm_runtime_stop(struct bm_runtime *rt)
{
	rt->stopped = 1;
	rt->ops->stop(rt);
}

void bm_runtime_leave(struct bm_runtime *rt)
{
	rt->left = true;
	uv_stop(bm_runtime_uv(rt));
}

void bm_runtime_free(struct bm_runtime *rt)
{
	bm_real_free(rt->real);
	bm_medium_free(rt->medium);
	while (rt->at) {
		struct bm_at *item = rt->at;
		rt->at = item->next;
		free(item);
	}
	pthread_mutex_destroy(&rt->prng_mutex);
	free(rt);
}

bm_time bm_runtime_deadline(const struct bm_runtime *rt)
{
	bm_time next = bm_medium_deadline(rt->medium);
	if (rt->at && rt->at->at < next)
		next = rt->at->at;
	for (const struct bm_board *board = rt->boards; board; board = board->next) {
		const bm_time at = bm_board_deadline(board);
		if (at < next)
			next = at;
	}
	for (const struct bm_actor *actor = rt->actors; actor; actor = actor->next) {
		const bm_time at = actor->deadline(actor->ctx);
		if (at < next)
			next = at;
	}
	return next;
}

static void run_at(struct bm_runtime *rt, bm_time now)
{
	/* Only what is there now: a call that asks for another one at once gets it in the next round. */
	const uint64_t end = rt->at_order;
	while (rt->at && rt->at->at <= now && rt->at->order < end) {
		struct bm_at *item = rt->at;
		rt->at = item->next;
		item->fn(item->ctx);
		free(item);
	}
}

void bm_runtime_run_due(struct bm_runtime *rt, bm_time now)
{
	if (bm_medium_deadline(rt->medium) <= now)
		bm_medium_run(rt->medium, now);
	for (struct bm_board *board = rt->boards; board; board = board->next)
		if (bm_board_deadline(board) <= now)
			bm_board_run(board, now);
	for (struct bm_actor *actor = rt->actors; actor; actor = actor->next)
		if (actor->deadline(actor->ctx) <= now)
			actor->run(actor->ctx, now);
	run_at(rt, now);
}

void bm_runtime_start_boards(struct bm_runtime *rt)
{
	for (struct bm_board *board = rt->boards; board; board = board->next) {
		char error[256] = "there is no interpreter";
		if (!board->script)
			continue;
		if (rt->interpreter && rt->interpreter->start_board(board, error, sizeof error))
			continue;
		bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_EXCEPTION, .text = error});
		bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_EXIT, .code = 1});
	}
}

void bm_runtime_end_boards(struct bm_runtime *rt)
{
	for (struct bm_board *board = rt->boards; board; board = board->next)
		bm_board_end(board);
}

bool bm_spawn(void *(*main)(void *ctx), void *ctx, pthread_t *handle)
{
	sigset_t all, before;
	pthread_t thread;
	pthread_attr_t attributes;
	sigfillset(&all);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, handle ? PTHREAD_CREATE_JOINABLE : PTHREAD_CREATE_DETACHED);
	/* Signals belong to the thread that runs the loop: Ctrl-C must not depend on what scripts do. */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int error = pthread_create(handle ? handle : &thread, &attributes, main, ctx);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error == 0;
}

bool bm_thread_start(struct bm_runtime *rt, struct bm_board *board, void (*body)(void *ctx), void *ctx)
{
	return rt->ops->thread_start(rt, board, body, ctx);
}

void **bm_thread_local(struct bm_runtime *rt)
{
	return bm_virtual_local(rt);
}

void bm_thread_sleep(struct bm_runtime *rt, bm_time until)
{
	rt->ops->thread_sleep(rt, until);
}

bm_time bm_clock_read(struct bm_runtime *rt, bool *due)
{
	*due = false;
	return rt->virt ? bm_virtual_clock_read(rt, due) : bm_runtime_now(rt);
}

void bm_thread_yield(struct bm_runtime *rt)
{
	if (rt->virt)
		bm_virtual_yield(rt);
}

void bm_gate_init(struct bm_gate *gate)
{
	*gate = (struct bm_gate){.waiters = {NULL, NULL}};
	pthread_mutex_init(&gate->mutex, NULL);
	pthread_cond_init(&gate->cond, NULL);
}

void bm_gate_lock(struct bm_gate *gate)
{
	pthread_mutex_lock(&gate->mutex);
}

void bm_gate_unlock(struct bm_gate *gate)
{
	pthread_mutex_unlock(&gate->mutex);
}

void bm_gate_wait(struct bm_runtime *rt, struct bm_gate *gate)
{
	rt->ops->gate_wait(rt, gate);
}

void bm_gate_notify(struct bm_runtime *rt, struct bm_gate *gate)
{
	rt->ops->gate_notify(rt, gate);
}

bool bm_lock_try(struct bm_lock *lock)
{
	if (lock->locked)
		return false;
	lock->locked = true;
	return true;
}

bool bm_lock_acquire(struct bm_runtime *rt, struct bm_lock *lock, bm_time deadline)
{
	return bm_lock_try(lock) || bm_virtual_lock_acquire(rt, lock, deadline);
}

void bm_lock_release(struct bm_runtime *rt, struct bm_lock *lock)
{
	bm_virtual_lock_release(rt, lock);
}
