/*
 * The command line of `blemesh run`, read and checked: what is wrong is said in one line and nothing is started.
 */
#ifndef BM_CLI_RUN_OPTIONS_H
#define BM_CLI_RUN_OPTIONS_H

#include "blemesh/base.h"

/* The name under which the provisioner speaks; no board has it. */
#define BM_PROVISIONER_NAME "provisioner"

struct bm_run_board {
	char *name;
	char *script;
};

/* Code to be typed at a board's prompt. */
struct bm_run_typed {
	size_t board;
	bool after_ready;
	uint64_t at_us; /* from the start, or from the moment when all boards are provisioned */
	char *code;
};

struct bm_run_options {
	struct bm_run_board *boards;
	size_t board_count;
	struct bm_run_typed *typed;
	size_t typed_count;
	uint64_t for_us; /* 0: until Ctrl-C */
	bool virtual_time;
	bool seeded;
	bool insecure_seed;
	uint64_t seed;
	bool no_provision;
	bool trace;
	bool json;
	bool help;
	bool has_prompt; /* a person types at the prompt of board prompt_board */
	size_t prompt_board;
	double loss;
	uint64_t delay_us;
	const char *air;
	const char *radio; /* a real one, as bm_transport_parse wants it; NULL: the air */
	const char *pcap;
	const char *keys;
	const char *state; /* a directory; NULL: nothing outlasts the run */
};

/* argv[0] is the command's name ("run"). False: error holds the line for the user. Strings not copied point into argv.
 * What was allocated is freed by bm_run_options_free in either case. */
bool bm_run_options_parse(struct bm_run_options *options, int argc, char **argv, char *error, size_t error_len);
void bm_run_options_free(struct bm_run_options *options);

/* "500ms", "40s", "1.5m", "2h" in microseconds. False if the text is something else or does not fit. */
bool bm_duration_parse(const char *text, uint64_t *us);

extern const char bm_run_usage[];

#endif
