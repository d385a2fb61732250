/*
 * Jobs that wait for something, side by side: each is written as if it were alone, on a thread of its own, and one at a
 * time has its turn. So they share what they like without locks, and nothing of it changes but where they wait.
 */
#ifndef BM_CLI_COMMANDS_TURNS_H
#define BM_CLI_COMMANDS_TURNS_H

#include <stdbool.h>
#include <stddef.h>

struct bm_turns;

struct bm_turns_options {
	size_t count;   /* jobs, begun in order */
	size_t at_once; /* that are under way together; 1 or more */
	void (*job)(void *ctx, struct bm_turns *turns, size_t index);
	/* All that are under way wait: it returns when one of them may have something to go on with. On the caller's
	 * thread. */
	void (*idle)(void *ctx);
	void *ctx;
};

/* Returns when all jobs have ended. Without memory or threads they run one after another. */
void bm_turns_run(const struct bm_turns_options *options);
/* For a job: the others have their turn. It looks whether it can go on, and waits again if not. */
void bm_turns_wait(struct bm_turns *turns);

#endif
