/*
 * Runs scripts on boards and writes what happens, an event a line: time, board, kind, text (line ends as \n).
 *
 *   script_runner [--real] [--seed N] [--for SECONDS] [--mesh SECONDS] [--type BOARD@SECONDS:CODE]…
 *                 [--attention AT:SECONDS]… [--device KIND]… SCRIPT…
 *
 * Virtual time unless --real. --mesh makes every board a node of one mesh at that time, without any provisioner:
 * unicast addresses from 0x0002, application key 0 bound to all models. --attention sets the attention timer of every
 * board. --device puts a device without a script on the air (device.h).
 * SIGTERM stops it.
 */
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blemesh/health.h"
#include "cpython.h"
#include "device.h"
#include "script/board.h"

#define BOARDS_MAX 64

static struct bm_runtime *rt;
static struct bm_board *boards[BOARDS_MAX];
static size_t board_count;

static void on_signal(int signal_number)
{
	(void)signal_number;
	bm_runtime_stop(rt);
}

static void put(const char *text)
{
	for (; text && *text; text++)
		if (*text == '\n')
			fputs("\\n", stdout);
		else
			putchar(*text);
	putchar('\n');
}

static void on_event(void *ctx, struct bm_board *board, const struct bm_board_event *event)
{
	static const char *const kinds[] = {"print", "led", "prov", "exception", "typed", "exit", "warning"};
	static const char *const provs[] = {"beaconing",   "link_open",    "oob",        "complete",
					    "failed",      "closed",       "reset",      "restored",
					    "provisioner", "friend_found", "friend_lost"};
	char text[32];
	(void)ctx;
	printf("%.6f %s %s ", (double)event->at / 1e6, bm_board_name(board), kinds[event->kind]);
	switch (event->kind) {
	case BM_BOARD_LED:
		snprintf(text, sizeof text, "%06x", (unsigned)event->rgb);
		put(text);
		break;
	case BM_BOARD_PROV:
		put(provs[event->prov]);
		break;
	case BM_BOARD_PRINT:
		put(event->text);
		device_hears(event->text);
		break;
	case BM_BOARD_EXIT:
		snprintf(text, sizeof text, "%d", event->code);
		put(text);
		break;
	default:
		put(event->text);
	}
	fflush(stdout);
}

static void stop(void *ctx)
{
	(void)ctx;
	bm_runtime_stop(rt);
}

static void join_mesh(void *ctx)
{
	const uint8_t dev_key[16] = {1}, app_key[16] = {2};
	(void)ctx;
	uint16_t addr = 2;
	for (size_t i = 0; i < board_count; i++) {
		struct bm_node *node = bm_board_node(boards[i]);
		const struct bm_prov_data data = {.net_key = {3}, .addr = addr};
		addr = (uint16_t)(addr + (node ? bm_node_element_count(node) : 1));
		if (!node || bm_node_is_provisioned(node))
			continue;
		bm_node_prov_disable(node, bm_runtime_now(rt));
		bool ok = bm_node_provision_self(node, &data, dev_key, bm_runtime_now(rt)) == BM_OK &&
			  bm_node_add_app_key(node, 0, 0, app_key) == BM_OK;
		for (size_t k = 0; k < boards[i]->mesh.model_count; k++)
			ok = ok && bm_node_bind(node, boards[i]->mesh.models[k].model, 0) == BM_OK;
		printf("%.6f %s mesh %s\n", (double)bm_runtime_now(rt) / 1e6, bm_board_name(boards[i]),
		       ok ? "joined" : "failed");
	}
}

static void attend(void *ctx)
{
	const char *seconds = ctx;
	for (size_t i = 0; i < board_count; i++)
		if (bm_board_node(boards[i]))
			bm_health_server_attention(bm_node_health_server(bm_board_node(boards[i])),
						   (uint8_t)atoi(seconds), bm_runtime_now(rt));
}

static void add_attention(char *argument)
{
	char *colon = strchr(argument, ':');
	if (!colon)
		exit(2);
	bm_runtime_at(rt, (bm_time)(atof(argument) * 1e6), attend, colon + 1);
}

struct typed {
	const char *board, *code;
};

static void type(void *ctx)
{
	const struct typed *typed = ctx;
	for (size_t i = 0; i < board_count; i++)
		if (strcmp(bm_board_name(boards[i]), typed->board) == 0)
			bm_board_type(boards[i], typed->code, false);
}

static void add_typed(char *argument)
{
	struct typed *typed = malloc(sizeof *typed);
	char *at = strchr(argument, '@'), *code = strchr(argument, ':');
	if (!typed || !at || !code)
		exit(2);
	*at = *code = '\0';
	*typed = (struct typed){.board = argument, .code = code + 1};
	bm_runtime_at(rt, (bm_time)(atof(at + 1) * 1e6), type, typed);
}

static void add_board(char *path)
{
	char *copy = strdup(path);
	char *name = copy ? basename(copy) : NULL;
	if (!name || board_count == BOARDS_MAX)
		exit(2);
	if (strrchr(name, '.'))
		*strrchr(name, '.') = '\0';
	const struct bm_board_options options = {.name = name, .script = path, .on_event = on_event};
	boards[board_count] = bm_board_new(rt, &options);
	if (!boards[board_count++])
		exit(2);
	free(copy);
}

static void take_options(int argc, char **argv)
{
	struct bm_runtime_options options = {.virtual_time = true, .seeded = true, .seed = 1};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--real") == 0)
			options.virtual_time = options.seeded = false;
		else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
			options.seed = strtoull(argv[++i], NULL, 0);
	}
	rt = bm_runtime_new(&options);
	if (!rt)
		exit(2);
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--real") == 0)
			continue;
		if (argv[i][0] != '-') {
			add_board(argv[i]);
			continue;
		}
		if (i + 1 == argc)
			exit(2);
		const char *name = argv[i++];
		if (strcmp(name, "--for") == 0)
			bm_runtime_at(rt, (bm_time)(atof(argv[i]) * 1e6), stop, NULL);
		else if (strcmp(name, "--mesh") == 0)
			bm_runtime_at(rt, (bm_time)(atof(argv[i]) * 1e6), join_mesh, NULL);
		else if (strcmp(name, "--type") == 0)
			add_typed(argv[i]);
		else if (strcmp(name, "--attention") == 0)
			add_attention(argv[i]);
		else if (strcmp(name, "--device") == 0)
			add_device(rt, argv[i]);
	}
}

int main(int argc, char **argv)
{
	char error[256];
	take_options(argc, argv);
	signal(SIGTERM, on_signal);
	bm_runtime_set_interpreter(rt, bm_cpython_interpreter());
	if (!bm_cpython_start(rt, error, sizeof error)) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	bm_runtime_run(rt);
	for (size_t i = 0; i < board_count; i++)
		if (bm_board_typed_waiting(boards[i]))
			printf("end %s waiting %zu\n", bm_board_name(boards[i]), bm_board_typed_waiting(boards[i]));
	fflush(stdout);
	_exit(0);
}
