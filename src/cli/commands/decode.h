/*
 * The commands that show traffic.
 */
#ifndef BM_CLI_COMMANDS_DECODE_H
#define BM_CLI_COMMANDS_DECODE_H

int bm_command_decode(int argc, char **argv, char **whole);
int bm_command_listen(int argc, char **argv, char **whole);

#endif
