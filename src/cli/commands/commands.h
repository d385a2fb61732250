/*
 * The commands of a network, a file each, for the table in main.c. argv[0] is the command's name; they return the
 * process's exit status.
 */
#ifndef BM_CLI_COMMANDS_COMMANDS_H
#define BM_CLI_COMMANDS_COMMANDS_H

#include <getopt.h>
#include <stddef.h>

struct bm_command {
	const char *name;
	const char *about;
	int (*run)(int argc, char **argv, char **whole_argv);
	const struct option *options; /* as for getopt_long; NULL: it is not for a prompt */
};
/* All of them. */
const struct bm_command *bm_commands(size_t *count);
/* NULL: there is none of this name. */
const struct bm_command *bm_command_find(const char *name);
/* `blemesh help [COMMAND]` */
int bm_command_help(int argc, char **argv);

int bm_command_shell(int argc, char **argv, char **whole_argv);
int bm_command_scan(int argc, char **argv, char **whole_argv);
int bm_command_provision(int argc, char **argv, char **whole_argv);
int bm_command_nodes(int argc, char **argv, char **whole_argv);
int bm_command_node(int argc, char **argv, char **whole_argv);
int bm_command_config(int argc, char **argv, char **whole_argv);
int bm_command_groups(int argc, char **argv, char **whole_argv);
int bm_command_send(int argc, char **argv, char **whole_argv);
int bm_command_keys(int argc, char **argv, char **whole_argv);
int bm_command_key_refresh(int argc, char **argv, char **whole_argv);
int bm_command_iv(int argc, char **argv, char **whole_argv);

extern const struct option bm_provision_options[], bm_config_options[], bm_send_options[], bm_keys_options[],
	bm_key_refresh_options[], bm_listen_options[], bm_decode_options[], bm_import_options[];

#endif
