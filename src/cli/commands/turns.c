/*
 * Who has the turn is one pointer under a mutex: the caller of bm_turns_run (NULL), or one of the threads.
 *
 *   free ─begun▶ runs ◀▶ waits      every hand-over goes through the caller, which gives each that waits its turn
 *     ▲           │                 again after idle
 *     └──joined───┘ ended
 */
#include "cli/commands/turns.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

enum turn_state { TURN_FREE, TURN_RUNS, TURN_WAITS, TURN_ENDED };

struct turn {
	struct bm_turns *turns;
	pthread_t thread;
	enum turn_state state;
	size_t index;
};

struct bm_turns {
	struct bm_turns_options options;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct turn *has; /* the turn; NULL: the caller */
	struct turn *turns;
	size_t begun;
};

/* Under the mutex. */
static void await_turn(struct bm_turns *turns, const struct turn *who)
{
	while (turns->has != who)
		pthread_cond_wait(&turns->changed, &turns->mutex);
}

static void give(struct bm_turns *turns, struct turn *to)
{
	turns->has = to;
	pthread_cond_broadcast(&turns->changed);
}

static void *live(void *ctx)
{
	struct turn *turn = ctx;
	struct bm_turns *turns = turn->turns;
	pthread_mutex_lock(&turns->mutex);
	await_turn(turns, turn);
	pthread_mutex_unlock(&turns->mutex);
	turns->options.job(turns->options.ctx, turns, turn->index);
	pthread_mutex_lock(&turns->mutex);
	turn->state = TURN_ENDED;
	give(turns, NULL);
	pthread_mutex_unlock(&turns->mutex);
	return NULL;
}

void bm_turns_wait(struct bm_turns *turns)
{
	struct turn *turn = turns->has;
	if (!turn) {
		turns->options.idle(turns->options.ctx); /* a job on the caller's thread */
		return;
	}
	pthread_mutex_lock(&turns->mutex);
	turn->state = TURN_WAITS;
	give(turns, NULL);
	await_turn(turns, turn);
	turn->state = TURN_RUNS;
	pthread_mutex_unlock(&turns->mutex);
}

/* Until it waits or has ended. */
static void let_go_on(struct bm_turns *turns, struct turn *turn)
{
	pthread_mutex_lock(&turns->mutex);
	give(turns, turn);
	await_turn(turns, NULL);
	pthread_mutex_unlock(&turns->mutex);
	if (turn->state != TURN_ENDED)
		return;
	pthread_join(turn->thread, NULL);
	turn->state = TURN_FREE;
}

static void begin(struct bm_turns *turns, struct turn *turn)
{
	sigset_t all, before;
	turn->index = turns->begun++;
	turn->state = TURN_RUNS;
	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	const bool begun = pthread_create(&turn->thread, NULL, live, turn) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (begun) {
		let_go_on(turns, turn);
		return;
	}
	turn->state = TURN_FREE;
	turns->options.job(turns->options.ctx, turns, turn->index);
}

static void run(struct bm_turns *turns)
{
	for (size_t waiting = 1; waiting > 0 || turns->begun < turns->options.count;) {
		waiting = 0;
		for (size_t i = 0; i < turns->options.at_once; i++) {
			struct turn *turn = &turns->turns[i];
			if (turn->state == TURN_WAITS)
				let_go_on(turns, turn);
			while (turn->state == TURN_FREE && turns->begun < turns->options.count)
				begin(turns, turn);
			waiting += turn->state == TURN_WAITS;
		}
		if (waiting)
			turns->options.idle(turns->options.ctx);
	}
}

void bm_turns_run(const struct bm_turns_options *options)
{
	struct bm_turns turns = {.options = *options};
	turns.turns = calloc(options->at_once, sizeof *turns.turns);
	if (!turns.turns) {
		for (size_t i = 0; i < options->count; i++)
			options->job(options->ctx, &turns, i);
		return;
	}
	for (size_t i = 0; i < options->at_once; i++)
		turns.turns[i].turns = &turns;
	pthread_mutex_init(&turns.mutex, NULL);
	pthread_cond_init(&turns.changed, NULL);
	run(&turns);
	pthread_cond_destroy(&turns.changed);
	pthread_mutex_destroy(&turns.mutex);
	free(turns.turns);
}
