/*
 * The `blemesh` command: finds the command named by the first argument and hands it the rest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "blemesh/base.h"
#include "cli/commands/commands.h"
#include "cli/commands/database.h"
#include "cli/commands/decode.h"
#include "cli/commands/options.h"
#include "cli/run.h"
#include "cli/text.h"

#ifndef BLEMESH_VERSION
#define BLEMESH_VERSION "unknown"
#endif

static const struct bm_command COMMANDS[] = {
	{"run", "run scripts on boards that share a virtual air", bm_command_run, NULL},
	{"scan", "show devices and mesh traffic on the air", bm_command_scan, bm_shared_options},
	{"provision", "make a node of a device", bm_command_provision, bm_provision_options},
	{"nodes", "list the nodes of the network", bm_command_nodes, bm_shared_options},
	{"node", "show, name, configure, reset or forget a node; --model: be one", bm_command_node, bm_shared_options},
	{"config", "ask nodes for their configuration, and change it", bm_command_config, bm_config_options},
	{"groups", "list and name groups", bm_command_groups, bm_shared_options},
	{"send", "send any message, and show what is answered", bm_command_send, bm_send_options},
	{"keys", "list, add and remove keys", bm_command_keys, bm_keys_options},
	{"key-refresh", "give the network new keys", bm_command_key_refresh, bm_key_refresh_options},
	{"iv", "show and update the IV index", bm_command_iv, bm_shared_options},
	{"shell", "all of these at a prompt", bm_command_shell, NULL},
	{"listen", "show the messages in the air as they come", bm_command_listen, bm_listen_options},
	{"decode", "tell what a packet or a capture says, layer by layer", bm_command_decode, bm_decode_options},
	{"export", "write the network as apps exchange it", bm_command_export, bm_shared_options},
	{"import", "take a network that an app exported", bm_command_import, bm_import_options},
};

static void usage(FILE *file)
{
	fputs("usage: blemesh COMMAND [options]\n\n"
	      "A Bluetooth Mesh stack that is scripted in Python.\n\n"
	      "Commands:\n",
	      file);
	for (size_t i = 0; i < BM_ARRAY_LEN(COMMANDS); i++)
		fprintf(file, "  %-12s%s\n", COMMANDS[i].name, COMMANDS[i].about);
	fputs("\n  -h, --help  this text; blemesh COMMAND --help: all of a command's options\n"
	      "  --version   the version\n\n"
	      "Try: blemesh run --for 30s examples/onoff_server.py examples/onoff_client.py\n",
	      file);
}

const struct bm_command *bm_command_find(const char *name)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(COMMANDS); i++)
		if (strcmp(COMMANDS[i].name, name) == 0)
			return &COMMANDS[i];
	return NULL;
}

const struct bm_command *bm_commands(size_t *count)
{
	*count = BM_ARRAY_LEN(COMMANDS);
	return COMMANDS;
}

int bm_command_help(int argc, char **argv)
{
	const struct bm_command *command = argc > 1 ? bm_command_find(argv[1]) : NULL;
	if (argc > 1 && !command) {
		bm_text_say(stderr, "blemesh: unknown command %s (see blemesh --help)\n", argv[1]);
		return 2;
	}
	if (command) {
		char option[] = "--help";
		char *arguments[] = {argv[1], option, NULL};
		return command->run(2, arguments, argv);
	}
	usage(stdout);
	return 0;
}

/* Else the first file opened would become the standard output. */
static void open_standard_files(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	open_standard_files();
	if (argc < 2) {
		fputs("blemesh: no command given (see blemesh --help)\n", stderr);
		return 2;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return bm_command_help(argc - 1, argv + 1);
	if (strcmp(name, "--version") == 0 || strcmp(name, "version") == 0) {
		puts("blemesh " BLEMESH_VERSION);
		return 0;
	}
	const struct bm_command *command = bm_command_find(name);
	if (!command) {
		bm_text_say(stderr, "blemesh: unknown %s %s (see blemesh --help)\n",
			    name[0] == '-' ? "option" : "command", name);
		return 2;
	}
	const int status = command->run(argc - 1, argv + 1, argv);
	const struct bm_options options = {.command = name};
	/* Who had nothing to complain of until then. */
	return status == BM_STATUS_DONE && command->options ? bm_shown(&options) : status;
}
