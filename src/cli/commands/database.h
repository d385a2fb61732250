/*
 * The commands that hand a network to apps and take one from them.
 */
#ifndef BM_CLI_COMMANDS_DATABASE_H
#define BM_CLI_COMMANDS_DATABASE_H

int bm_command_export(int argc, char **argv, char **whole);
int bm_command_import(int argc, char **argv, char **whole);

#endif
