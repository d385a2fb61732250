/*
 * The same process every time: what the operating system and the environment vary is fixed before a virtual run.
 */
#ifndef BM_CLI_REEXEC_H
#define BM_CLI_REEXEC_H

#include "blemesh/base.h"

/* Replaces the process by itself without address space randomisation, with a fixed hash seed and time zone. Returns in
 * the replaced process, or if the system does not allow it. */
void bm_reexec_reproducible(char **argv, uint64_t seed);

#endif
