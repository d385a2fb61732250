/*
 * `blemesh run`: boards with scripts, an air, and a provisioner.
 */
#ifndef BM_CLI_RUN_H
#define BM_CLI_RUN_H

/* argv[0] is "run"; whole_argv is the process's own. Returns the exit status, or ends the process with it. */
int bm_command_run(int argc, char **argv, char **whole_argv);

#endif
