/*
 * `blemesh run`: makes the runtime, the boards and the provisioner, and passes on what happens to those who show it.
 */
#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/commands/options.h"
#include "cli/reexec.h"
#include "cli/run_state.h"
#include "cli/state.h"
#include "cli/text.h"
#include "cpython/cpython.h"

#define STATUS_USAGE 2
#define DEFAULT_SEED 1u
#define VIRTUAL_EPOCH_S 1767225600u /* 2026-01-01T00:00:00Z */
#define STATUS_EVERY_US (500u * BM_US_PER_MS)
#define STATUS_AFTER_US (2u * BM_US_PER_S)

/* A line is about to be written, or several. */
static void begin_output(struct run *run)
{
	pthread_mutex_lock(&run->output_mutex);
	bm_prompt_hide(run->prompt);
	run->last_line = bm_runtime_now(run->rt);
}

static void end_output(struct run *run)
{
	const bool broken = run->output.broken;
	bm_prompt_show(run->prompt);
	pthread_mutex_unlock(&run->output_mutex);
	if (broken)
		bm_runtime_stop(run->rt);
}

static void warn(struct run *run, const char *board, const char *text)
{
	begin_output(run);
	run->output.ops->warning(&run->output, board, bm_runtime_now(run->rt), text);
	end_output(run);
}

struct taking {
	struct run *run;
	uint32_t iv_index;
};

static void take_key(void *ctx, const struct bm_key_view *key)
{
	const struct taking *taking = ctx;
	bm_keys_add(taking->run->keys, key, taking->iv_index);
}

static void take_keys_of(struct run *run, const struct bm_node *node)
{
	struct taking taking = {.run = run, .iv_index = bm_node_iv_index(node)};
	bm_node_each_key(node, take_key, &taking);
}

void run_take_keys(struct run *run)
{
	if (!run->keys)
		return;
	if (run->player)
		take_keys_of(run, bm_player_node(run->player));
	for (size_t i = 0; i < run->options.board_count; i++) {
		struct bm_node *node = bm_board_node(run->boards[i].board);
		if (node)
			take_keys_of(run, node);
	}
}

static void keys_changed(void *ctx)
{
	struct run *run = ctx;
	run_take_keys(run);
	if (run->keys && !bm_keys_write(run->keys))
		warn(run, NULL, "the keys could not be written");
}

static void type_now(void *ctx)
{
	struct run_typed *typed = ctx;
	typed->done = true;
	bm_board_type(typed->run->boards[typed->option->board].board, typed->option->code, false);
}

static void on_ready(void *ctx, bm_time now)
{
	struct run *run = ctx;
	run->ready = true;
	keys_changed(run);
	for (size_t i = 0; i < run->options.typed_count; i++)
		if (run->typed[i].option->after_ready)
			bm_runtime_at(run->rt, bm_time_add(now, run->typed[i].option->at_us), type_now, &run->typed[i]);
}

/* Without a provisioner of our own: all boards of this run were provisioned by somebody else. */
static void check_ready(struct run *run, bm_time now)
{
	bool any = false;
	if ((run->player && !run->player_stands_back) || run->ready)
		return;
	for (size_t i = 0; i < run->options.board_count; i++) {
		const struct run_board *board = &run->boards[i];
		if (board->complete)
			any = true;
		else if (!board->ended || board->beaconed)
			return;
	}
	if (any)
		on_ready(run, now);
}

/* A script is the provisioner: two would take boards from each other. */
static void stand_back(struct run *run)
{
	if (!run->player || run->player_stands_back)
		return;
	run->player_stands_back = true;
	bm_player_stand_back(run->player);
}

static void on_board_event(void *ctx, struct bm_board *board, const struct bm_board_event *event)
{
	struct run_board *ours = ctx;
	struct run *run = ours->run;
	if (event->kind == BM_BOARD_LED)
		ours->led = event->rgb;
	begin_output(run);
	run->output.ops->board(&run->output, ours->name, ours->led, event);
	end_output(run);
	if (event->kind == BM_BOARD_EXIT) {
		ours->ended = true;
		if (event->code != 0)
			run->exit_status = 1;
	}
	if (event->kind == BM_BOARD_PROV) {
		ours->beaconed |= event->prov == BM_BOARD_BEACONING;
		const bool is_provisioner = event->prov == BM_BOARD_PROVISIONER;
		const bool is_node = event->prov == BM_BOARD_COMPLETE || event->prov == BM_BOARD_RESTORED;
		ours->complete |= is_node || is_provisioner;
		if (is_node || is_provisioner)
			keys_changed(run);
		if (is_provisioner)
			stand_back(run);
	}
	if (run->player && !run->player_stands_back)
		bm_player_board_event(run->player, board, event);
	check_ready(run, event->at);
}

static void show_message(struct run *run, const char *name, uint32_t led, const struct bm_trace *trace)
{
	if (trace->kind != BM_TRACE_ACCESS_TX && trace->kind != BM_TRACE_ACCESS_RX)
		return;
	begin_output(run);
	run->output.ops->message(&run->output, name, led, trace);
	end_output(run);
}

static void on_board_trace(void *ctx, struct bm_board *board, const struct bm_trace *trace)
{
	const struct run_board *ours = ctx;
	(void)board;
	show_message(ours->run, ours->name, ours->led, trace);
}

static void on_player_trace(void *ctx, const struct bm_trace *trace)
{
	show_message(ctx, BM_PROVISIONER_NAME, 0, trace);
}

static void on_step(void *ctx, const struct bm_step *step)
{
	struct run *run = ctx;
	begin_output(run);
	run->output.ops->step(&run->output, step);
	end_output(run);
}

static void on_frame(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct run *run = ctx;
	bm_pcapng_frame(&run->pcapng, frame, now);
	if (!run->options.virtual_time)
		bm_pcapng_flush(&run->pcapng);
}

/* On a terminal, a silence is explained. */
static bm_time status_deadline(void *ctx)
{
	return ((const struct run *)ctx)->status_at;
}

static void status_run(void *ctx, bm_time now)
{
	struct run *run = ctx;
	char text[160] = "running", line[200];
	run->status_at = bm_time_add(now, STATUS_EVERY_US);
	if (now < run->last_line + STATUS_AFTER_US)
		return;
	if (run->player && !run->player_stands_back)
		bm_player_waiting(run->player, text, sizeof text);
	else if (!run->ready)
		snprintf(text, sizeof text, "waiting for somebody to provision the boards");
	snprintf(line, sizeof line, "%5u s      %s (Ctrl-C ends)", (unsigned)(now / BM_US_PER_S), text);
	pthread_mutex_lock(&run->output_mutex);
	bm_output_status(&run->output, line);
	pthread_mutex_unlock(&run->output_mutex);
}

static void stop_now(void *ctx)
{
	struct run *run = ctx;
	bm_runtime_stop(run->rt);
}

/* The run's output has a descriptor of its own. What scripts, or programs that they start, write to number 1 past
 * sys.stdout goes where errors go: it must not stand in the middle of a line. */
static FILE *take_stdout(void)
{
	const int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		abort();
	return file;
}

static void make_output(struct run *run)
{
	int width = 0;
	FILE *file = take_stdout();
	const bool tty = isatty(fileno(file));
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	const bool terminal = tty && term && term[0] && strcmp(term, "dumb") != 0;
	run->edits = run->options.has_prompt && terminal && isatty(STDIN_FILENO);
	if (run->options.json) {
		bm_output_json(&run->output, file);
	} else {
		for (size_t i = 0; i < run->options.board_count; i++) {
			const int len = bm_text_width(run->options.boards[i].name);
			width = len > width ? len : width;
		}
		bm_output_human(&run->output, file, terminal && !run->options.virtual_time && !run->edits,
				terminal && !(no_colour && no_colour[0]), width < 32 ? width : 32);
	}
	run->output.flush = !run->options.virtual_time || tty;
}

/* Two names may be one file. */
static bool same_file(const char *a, const char *b)
{
	struct stat one, other;
	return stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
	       one.st_ino == other.st_ino;
}

static bool open_files(struct run *run, char *error, size_t error_len)
{
	const struct bm_run_options *options = &run->options;
	uint64_t epoch_us = (uint64_t)VIRTUAL_EPOCH_S * BM_US_PER_S;
	if (!options->virtual_time) {
		struct timespec ts;
		clock_gettime(CLOCK_REALTIME, &ts);
		epoch_us = (uint64_t)ts.tv_sec * BM_US_PER_S + (uint64_t)ts.tv_nsec / 1000u - bm_runtime_now(run->rt);
	}
	if (options->pcap) {
		if (!bm_pcapng_open(&run->pcapng, options->pcap, epoch_us)) {
			snprintf(error, error_len, "--pcap %s: %s", options->pcap, strerror(errno));
			return false;
		}
		bm_medium_set_sniffer(bm_runtime_medium(run->rt), on_frame, run);
	}
	if (options->keys && !(run->keys = bm_keys_open(options->keys))) {
		snprintf(error, error_len, "--keys %s: %s", options->keys, strerror(errno));
		return false;
	}
	if (options->pcap && options->keys && same_file(options->pcap, options->keys)) {
		snprintf(error, error_len, "--pcap and --keys cannot share the file %s", options->keys);
		return false;
	}
	return true;
}

static void radio_random(void *ctx, uint8_t *out, size_t len)
{
	const struct run *run = ctx;
	bm_runtime_random(run->rt, out, len);
}

static bm_time radio_now(void *ctx)
{
	const struct run *run = ctx;
	return bm_runtime_now(run->rt);
}

static void radio_say(void *ctx, const char *text)
{
	warn(ctx, NULL, text);
}

static void radio_state(void *ctx, bool works)
{
	const struct run *run = ctx;
	if (run->player)
		bm_player_radio_works(run->player, works);
}

static void radio_sniff(void *ctx, bool from_controller, const uint8_t *packet, size_t len, bm_time now)
{
	struct run *run = ctx;
	bm_pcapng_hci(&run->pcapng, from_controller, packet, len, now);
	bm_pcapng_flush(&run->pcapng);
}

static bool make_radio(struct run *run, char *error, size_t error_len)
{
	const struct bm_radio_options options = {
		.transport = run->options.radio,
		.now = radio_now,
		.random = radio_random,
		.say = radio_say,
		.state = radio_state,
		.sniff = run->options.pcap ? radio_sniff : NULL,
		.ctx = run,
	};
	char why[200];
	if (bm_carrier_open_radio(&run->carrier, run->rt, &options, why, sizeof why))
		return true;
	snprintf(error, error_len, "--radio %s: %s", run->options.radio, why);
	return false;
}

static bool make_air(struct run *run, char *error, size_t error_len)
{
	struct bm_medium *medium = bm_runtime_medium(run->rt);
	bm_medium_set_loss(medium, run->options.loss);
	bm_medium_set_delay(medium, run->options.delay_us);
	if (run->options.radio)
		return make_radio(run, error, error_len);
	if (!run->options.air)
		return true;
	char why[200];
	if (bm_carrier_join_air(&run->carrier, run->rt, run->options.air, why, sizeof why))
		return true;
	snprintf(error, error_len, "--air %s: %s", run->options.air, why);
	return false;
}

/* A board's store, or with options->state NULL none. False: it cannot be opened. */
static bool open_store(const struct run *run, const char *name, struct bm_sqlite_store **store, char *error,
		       size_t error_len)
{
	char why[400];
	*store = NULL;
	if (!run->options.state)
		return true;
	*store = bm_state_store(run->options.state, name,
				run->options.virtual_time ? BM_SQLITE_PROCESS_SAFE : BM_SQLITE_POWER_SAFE, why,
				sizeof why);
	if (!*store)
		snprintf(error, error_len, "--state %s: %s", run->options.state, why);
	return *store;
}

static bool take_state(const struct run *run, char *error, size_t error_len)
{
	char why[400];
	if (!run->options.state || bm_state_take(run->options.state, why, sizeof why))
		return true;
	snprintf(error, error_len, "--state %s: %s", run->options.state, why);
	return false;
}

static bool make_player(struct run *run, char *error, size_t error_len)
{
	if (run->options.no_provision)
		return true;
	if (!open_store(run, BM_PROVISIONER_NAME, &run->player_store, error, error_len))
		return false;
	const struct bm_player_ops ops = {
		.ctx = run,
		.step = on_step,
		.keys_changed = keys_changed,
		.ready = on_ready,
		.trace = run->options.trace ? on_player_trace : NULL,
		.store = run->player_store,
	};
	run->player = bm_player_new(run->rt, &ops, error, error_len);
	return run->player;
}

static bool make_boards(struct run *run, char *error, size_t error_len)
{
	const struct bm_run_options *options = &run->options;
	run->boards = calloc(options->board_count + 1, sizeof *run->boards);
	run->typed = calloc(options->typed_count + 1, sizeof *run->typed);
	if (!run->boards || !run->typed) {
		snprintf(error, error_len, "out of memory");
		return false;
	}
	for (size_t i = 0; i < options->board_count; i++) {
		struct run_board *ours = &run->boards[i];
		*ours = (struct run_board){.run = run, .name = options->boards[i].name};
		if (!open_store(run, ours->name, &ours->store, error, error_len))
			return false;
		const struct bm_board_options board_options = {
			.store = ours->store,
			.name = ours->name,
			.script = options->boards[i].script,
			.on_event = on_board_event,
			.on_trace = options->trace ? on_board_trace : NULL,
			.ctx = ours,
		};
		ours->board = bm_board_new(run->rt, &board_options);
		if (!ours->board) {
			snprintf(error, error_len, "out of memory for board %s", ours->name);
			return false;
		}
		if (run->player)
			bm_player_add_board(run->player, ours->board);
	}
	for (size_t i = 0; i < options->typed_count; i++) {
		run->typed[i] = (struct run_typed){.run = run, .option = &options->typed[i]};
		if (!options->typed[i].after_ready)
			bm_runtime_at(run->rt, options->typed[i].at_us, type_now, &run->typed[i]);
	}
	return true;
}

/* The last thing, as it changes the terminal. */
static bool start_prompt(struct run *run, char *error, size_t error_len)
{
	if (!run->options.has_prompt)
		return true;
	const struct bm_prompt_options options = {
		.rt = run->rt,
		.board = run->boards[run->options.prompt_board].board,
		.out = run->output.file,
		.mutex = &run->output_mutex,
		.edit = run->edits,
		.ends_run = run->options.for_us == 0,
	};
	if (run->edits)
		run_guard_terminal(run);
	run->prompt = bm_prompt_start(&options);
	if (!run->prompt)
		snprintf(error, error_len, "there is no memory or no thread for the prompt");
	return run->prompt;
}

static bool set_up(struct run *run, char *error, size_t error_len)
{
	const struct bm_run_options *options = &run->options;
	const struct bm_runtime_options runtime_options = {
		.virtual_time = options->virtual_time,
		.seeded = options->virtual_time || options->seeded,
		.seed = options->seeded ? options->seed : DEFAULT_SEED,
	};
	run->rt = bm_runtime_new(&runtime_options);
	if (!run->rt) {
		snprintf(error, error_len, "out of memory");
		return false;
	}
	make_output(run);
	if (!take_state(run, error, error_len) || !open_files(run, error, error_len) ||
	    !make_air(run, error, error_len) || !make_player(run, error, error_len) ||
	    !make_boards(run, error, error_len))
		return false;
	if (run->output.terminal) {
		run->status = (struct bm_actor){.deadline = status_deadline, .run = status_run, .ctx = run};
		run->status_at = STATUS_AFTER_US;
		bm_runtime_add_actor(run->rt, &run->status);
	}
	if (run->edits)
		bm_prompt_prepare();
	if (options->for_us)
		bm_runtime_at(run->rt, options->for_us, stop_now, run);
	run_watch_signals(run);
	if (options->board_count == 0)
		return true;
	bm_runtime_set_interpreter(run->rt, bm_cpython_interpreter());
	return bm_cpython_start(run->rt, error, error_len) && start_prompt(run, error, error_len);
}

int bm_command_run(int argc, char **argv, char **whole_argv)
{
	static struct run run = {.output_mutex = PTHREAD_MUTEX_INITIALIZER, .ended = ATOMIC_FLAG_INIT};
	char error[512] = "cannot start";
	if (!bm_run_options_parse(&run.options, argc, argv, error, sizeof error)) {
		run.options.json = bm_asks_for_json(argc, argv);
		run_complain(&run, error);
		bm_run_options_free(&run.options);
		return STATUS_USAGE;
	}
	if (run.options.help) {
		fputs(bm_run_usage, stdout);
		bm_run_options_free(&run.options);
		return 0;
	}
	const uint64_t seed = run.options.seeded ? run.options.seed : DEFAULT_SEED;
	if (run.options.virtual_time) {
		bm_reexec_reproducible(whole_argv, seed);
	} else if (run.options.seeded) {
		char text[24];
		snprintf(text, sizeof text, "%u", (unsigned)(uint32_t)(seed ^ seed >> 32));
		setenv("PYTHONHASHSEED", text, 1);
	}
	if (!set_up(&run, error, sizeof error)) {
		run_complain(&run, error);
		bm_carrier_close(&run.carrier);
		run_restore_terminal(&run);
		/* Threads may be there already. */
		fflush(NULL);
		_exit(STATUS_USAGE);
	}
	keys_changed(&run);
	bm_runtime_run(run.rt);
	run_finish(&run, false);
}
