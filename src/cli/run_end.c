/*
 * The end of a run: at its time, by Ctrl-C, or because nobody reads any more. Scripts' threads may be stuck anywhere,
 * so the process ends by _exit once everything is written.
 *
 *   signal ─▶ bm_runtime_stop ─▶ the loop ends ─▶ run_finish
 *       └─ the loop does not end within 600 ms, or a second signal ─▶ run_finish from the signal's thread
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands/options.h"
#include "cli/run_state.h"

#define GRACE_MS 600
#define LOCK_WAIT_MS 200

static sigset_t ending_signals(const struct run *run)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (run->edits)
		sigaddset(&set, SIGQUIT); /* its default would leave the terminal as it is */
	return set;
}

static void *signal_thread(void *ctx)
{
	struct run *run = ctx;
	const sigset_t set = ending_signals(run);
	int number;
	while (sigwait(&set, &number) != 0)
		;
	bm_runtime_stop(run->rt);
	const struct timespec grace = {.tv_nsec = GRACE_MS * 1000000L};
	while (sigtimedwait(&set, NULL, &grace) < 0 && errno == EINTR)
		;
	run_finish(run, true);
}

void run_watch_signals(struct run *run)
{
	const sigset_t set = ending_signals(run);
	pthread_t thread;
	signal(SIGPIPE, SIG_IGN);
	/* Every later thread inherits this: the signals go to the one that waits for them. */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	run->has_termios = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &run->termios) == 0;
	if (pthread_create(&thread, NULL, signal_thread, run) != 0)
		abort();
	pthread_detach(thread);
}

/* A signal handler has no other way to know. */
static struct {
	struct termios termios;
	struct sigaction before[NSIG];
} guard;

static void on_fatal(int number, siginfo_t *info, void *context)
{
	(void)context;
	tcsetattr(STDIN_FILENO, TCSANOW, &guard.termios);
	sigaction(number, &guard.before[number], NULL);
	/* Once this returns, what went wrong goes wrong again, and is treated as it would have been; unless the signal
	 * was sent. */
	if (info->si_code <= 0)
		raise(number);
}

void run_guard_terminal(const struct run *run)
{
	static const int FATAL[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL};
	const struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO};
	guard.termios = run->termios;
	for (size_t i = 0; i < BM_ARRAY_LEN(FATAL); i++)
		sigaction(FATAL[i], &action, &guard.before[FATAL[i]]);
}

static void lock_output(struct run *run)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOCK_WAIT_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	/* Whoever holds it is stuck in a write: nothing more can be said. */
	if (pthread_mutex_timedlock(&run->output_mutex, &until) != 0)
		run->output.broken = true;
}

static void tell_typed(struct run *run, bm_time now)
{
	char text[512];
	for (size_t i = 0; i < run->options.typed_count; i++) {
		const struct run_typed *typed = &run->typed[i];
		if (typed->done)
			continue;
		snprintf(text, sizeof text, "never typed, %s: %s",
			 typed->option->after_ready && !run->ready ? "not all boards were provisioned"
								   : "the run ended before its time",
			 typed->option->code);
		run->output.ops->warning(&run->output, run->boards[typed->option->board].name, now, text);
	}
	for (size_t i = 0; i < run->options.board_count; i++) {
		const size_t waiting = bm_board_typed_waiting(run->boards[i].board);
		if (waiting == 0)
			continue;
		snprintf(text, sizeof text, "typed code never ran (%zu): the script did not come to its last line",
			 waiting);
		run->output.ops->warning(&run->output, run->boards[i].name, now, text);
	}
}

static void tell_summary(struct run *run, bm_time now)
{
	const size_t boards = run->options.board_count,
		     count = boards + (run->player && !run->player_stands_back ? 1 : 0);
	struct bm_summary_row *rows = calloc(count ? count : 1, sizeof *rows);
	if (!rows)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct bm_node *node = i < boards ? bm_board_node(run->boards[i].board)
							: bm_player_node(run->player);
		rows[i].name = i < boards ? run->boards[i].name : BM_PROVISIONER_NAME;
		if (i < boards)
			rows[i].typed_waiting = bm_board_typed_waiting(run->boards[i].board);
		if (!node)
			continue;
		rows[i].provisioned = bm_node_is_provisioned(node);
		rows[i].addr = bm_node_addr(node);
		rows[i].counters = bm_node_counters(node);
	}
	run->output.ops->summary(&run->output, rows, count, now);
	free(rows);
}

void run_restore_terminal(const struct run *run)
{
	/* Only from the foreground: from the background it would stop us. */
	if (run->has_termios && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSANOW, &run->termios);
}

/* What stands in their logs goes into the files. */
static void close_stores(struct run *run)
{
	bm_sqlite_store_close(run->player_store);
	for (size_t i = 0; i < run->options.board_count; i++)
		bm_sqlite_store_close(run->boards[i].store);
}

void run_complain(const struct run *run, const char *error)
{
	fprintf(stderr, "blemesh: %s\n", error);
	if (run->options.json)
		bm_error_as_json(run->output.file ? run->output.file : stdout, error);
}

static void tell_incomplete(const struct run *run, const char *path)
{
	char text[400];
	snprintf(text, sizeof text, "%.300s: not everything could be written", path);
	run_complain(run, text);
}

_Noreturn void run_finish(struct run *run, bool from_signal)
{
	if (atomic_flag_test_and_set(&run->ended)) {
		/* The other one is at it, and ends the process; but it may be stuck in a write. */
		if (from_signal) {
			const struct timespec moment = {.tv_nsec = LOCK_WAIT_MS * 1000000L};
			nanosleep(&moment, NULL);
			run_restore_terminal(run);
			_exit(run->exit_status);
		}
		for (;;)
			pause();
	}
	const bm_time now = bm_runtime_now(run->rt);
	lock_output(run);
	if (!run->output.broken) {
		bm_prompt_hide(run->prompt);
		bm_output_status(&run->output, NULL);
		tell_typed(run, now);
		tell_summary(run, now);
	}
	if (!run->output.broken)
		bm_output_flush(&run->output);
	/* A reader that has seen enough is no error. */
	const bool shown = !run->output.error || run->output.error == EPIPE;
	if (!shown)
		fprintf(stderr, "blemesh: standard output: %s\n", strerror(run->output.error));
	/* Keys that came without a word, from a provisioner elsewhere. */
	run_take_keys(run);
	const bool captured = bm_pcapng_close(&run->pcapng);
	const bool kept = bm_keys_close(run->keys);
	if (!captured)
		tell_incomplete(run, run->options.pcap);
	if (!kept)
		tell_incomplete(run, run->options.keys);
	/* A loop that was stuck may be inside one: then they stay as they are, as after a kill. */
	if (!from_signal && bm_runtime_is_quiet(run->rt))
		close_stores(run);
	bm_carrier_close(&run->carrier);
	run_restore_terminal(run);
	_exit(run->exit_status ? run->exit_status : captured && kept && shown ? 0 : 1);
}
