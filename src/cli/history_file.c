/*
 * The file grows by appending; when loading finds it twice as long as what is wanted, it is replaced by its newer part.
 */
#include "cli/history_file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Makes the folders on the way, for the user alone. False if there is no place for the file. */
static bool make_path(char *out, size_t len)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int written = -1;
	/* A path that is not absolute is to be ignored, says the specification. */
	if (state && state[0] == '/')
		written = snprintf(out, len, "%s/blemesh/history", state);
	else if (home && home[0] == '/')
		written = snprintf(out, len, "%s/.local/state/blemesh/history", home);
	if (written < 0 || (size_t)written >= len)
		return false;
	for (char *slash = strchr(out + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(out, 0700);
		*slash = '/';
	}
	return true;
}

/* The open file, nobody else's business; -1 if that cannot be had. */
static int open_file(const char *path, int flags)
{
	struct stat status;
	const int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return -1;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid() && fchmod(fd, 0600) == 0)
		return fd;
	close(fd);
	return -1;
}

static void replace_file(const char *path, char **lines, size_t count)
{
	char fresh[PATH_MAX + 8];
	snprintf(fresh, sizeof fresh, "%s.XXXXXX", path);
	const int fd = mkstemp(fresh); /* 0600 */
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return;
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s\n", lines[i]);
	const bool written = !ferror(file);
	if (fclose(file) != 0 || !written || rename(fresh, path) != 0)
		(void)unlink(fresh);
}

void bm_history_load(size_t most, void (*each)(void *ctx, const char *line), void *ctx)
{
	char path[PATH_MAX];
	const int fd = make_path(path, sizeof path) ? open_file(path, O_RDONLY) : -1;
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char **ring = calloc(most, sizeof *ring), *line = NULL;
	size_t room = 0, seen = 0;
	ssize_t len;
	while (file && ring && (len = getline(&line, &room, file)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (len == 0 || strlen(line) != (size_t)len)
			continue;
		free(ring[seen % most]);
		ring[seen++ % most] = line;
		line = NULL;
		room = 0;
	}
	free(line);
	if (file)
		fclose(file);
	const size_t count = seen < most ? seen : most;
	char **newest = calloc(count + 1, sizeof *newest);
	for (size_t i = 0; newest && i < count; i++) {
		newest[i] = ring[(seen - count + i) % most];
		if (newest[i])
			each(ctx, newest[i]);
	}
	if (newest && seen > 2 * most)
		replace_file(path, newest, count);
	for (size_t i = 0; ring && i < most; i++)
		free(ring[i]);
	free(newest);
	free(ring);
}

void bm_history_append(const char *line)
{
	char path[PATH_MAX];
	const int fd = make_path(path, sizeof path) ? open_file(path, O_WRONLY | O_APPEND | O_CREAT) : -1;
	if (fd < 0)
		return;
	/* In one write, so that two runs do not mix their lines. */
	(void)dprintf(fd, "%s\n", line);
	close(fd);
}
