/*
 * A run's members, for run.c and run_end.c alone.
 */
#ifndef BM_CLI_RUN_STATE_H
#define BM_CLI_RUN_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <termios.h>

#include "cli/carrier.h"
#include "cli/keys.h"
#include "cli/output.h"
#include "cli/pcapng.h"
#include "cli/player.h"
#include "cli/prompt.h"
#include "cli/run_options.h"

struct run;

struct run_board {
	struct run *run;
	struct bm_board *board;
	const char *name;
	struct bm_sqlite_store *store; /* NULL without --state */
	uint32_t led;
	bool beaconed, complete, ended;
};

struct run_typed {
	struct run *run;
	const struct bm_run_typed *option;
	bool done;
};

struct run {
	struct bm_run_options options;
	struct bm_runtime *rt;
	struct bm_output output;
	struct bm_player *player; /* NULL with --no-provision */
	struct bm_sqlite_store *player_store;
	bool player_stands_back; /* a script is the provisioner */
	struct run_board *boards;
	struct run_typed *typed;
	struct bm_pcapng pcapng;
	struct bm_keys *keys;
	struct bm_prompt *prompt; /* NULL: nobody types, or not yet */
	bool edits;               /* lines are edited on the terminal */
	struct bm_carrier carrier;
	struct bm_actor status;
	bm_time status_at, last_line;
	bool ready;
	int exit_status;

	/* The end. Whoever sets ended first writes the summary. */
	pthread_mutex_t output_mutex; /* of output, held while a line is written */
	atomic_flag ended;
	bool has_termios;
	struct termios termios;
};

/* Takes all keys there are for the key file, which is not written yet. */
void run_take_keys(struct run *run);
/* Whatever ends the process turns the terminal back. */
void run_guard_terminal(const struct run *run);
void run_restore_terminal(const struct run *run);
/* Makes Ctrl-C end the run in time whatever scripts do. Before any other thread is started. */
void run_watch_signals(struct run *run);
/* On stderr, and with --json as {"error": …} on stdout. */
void run_complain(const struct run *run, const char *error);
/* Writes what is left to write, and ends the process. */
_Noreturn void run_finish(struct run *run, bool from_signal);

#endif
