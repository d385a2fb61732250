/*
 * Re-execution for reproducible runs. The environment variable that guards against doing it again holds the process
 * number, which an exec keeps: a value inherited from somewhere else does not fit.
 */
#include "cli/reexec.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define GUARD "BLEMESH_REPRODUCIBLE"

void bm_reexec_reproducible(char **argv, uint64_t seed)
{
	char text[24];
	const char *guard = getenv(GUARD);
	snprintf(text, sizeof text, "%ld", (long)getpid());
	if (guard && strcmp(guard, text) == 0) {
		unsetenv(GUARD);
		return;
	}
	setenv(GUARD, text, 1);
	setenv("TZ", "UTC", 1);
	snprintf(text, sizeof text, "%" PRIu32, (uint32_t)(seed ^ seed >> 32));
	setenv("PYTHONHASHSEED", text, 1);
	const int now = personality(0xffffffffu);
	/* A container may forbid it; the run is then the same but for what depends on addresses. */
	if (now != -1)
		(void)personality((unsigned long)now | ADDR_NO_RANDOMIZE);
	execv("/proc/self/exe", argv);
	/* Without /proc: as the shell found us. */
	execvp(argv[0], argv);
	unsetenv(GUARD);
}
