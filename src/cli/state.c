/*
 * Files NAME.db in a directory. What a file's name may not hold, or would be another board's, stands there as %XX.
 */
#include "cli/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "posix/private_dir.h"

#define PATH_LEN 4096

bool bm_state_take(const char *dir, char *error, size_t error_len)
{
	char path[PATH_LEN];
	if (!bm_private_dir(dir, error, error_len))
		return false;
	if ((size_t)snprintf(path, sizeof path, "%s/lock", dir) >= sizeof path) {
		snprintf(error, error_len, "its name is too long");
		return false;
	}
	const int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(error, error_len, "cannot open %s: %s", path, strerror(errno));
		return false;
	}
	/* Held until the process ends, however it does. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	snprintf(error, error_len, errno == EWOULDBLOCK ? "%s is in use by another run" : "%s cannot be locked", dir);
	close(fd);
	return false;
}

static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

struct bm_sqlite_store *bm_state_store(const char *dir, const char *name, enum bm_sqlite_safety safety, char *error,
				       size_t error_len)
{
	char path[PATH_LEN];
	size_t used = (size_t)snprintf(path, sizeof path, "%s/", dir);
	for (; *name && used + 8 < sizeof path; name++)
		used += (size_t)(is_plain(*name) ? snprintf(path + used, 4, "%c", *name)
						 : snprintf(path + used, 4, "%%%02x", (unsigned char)*name));
	if (*name || used + 8 >= sizeof path) {
		snprintf(error, error_len, "a board's name is too long");
		return NULL;
	}
	snprintf(path + used, sizeof path - used, ".db");
	return bm_sqlite_store_open(path, safety, error, error_len);
}
