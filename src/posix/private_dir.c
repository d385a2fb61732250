/*
 * Directories for sockets and stores.
 */
#include "posix/private_dir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool bm_private_dir(const char *path, char *error, size_t error_len)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		snprintf(error, error_len, "cannot make %s: %s", path, strerror(errno));
		return false;
	}
	struct stat st;
	if (lstat(path, &st) != 0) {
		snprintf(error, error_len, "cannot look at %s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISDIR(st.st_mode)) {
		snprintf(error, error_len, "%s is not a directory", path);
		return false;
	}
	if (st.st_uid != geteuid()) {
		snprintf(error, error_len, "%s belongs to another user", path);
		return false;
	}
	if (st.st_mode & 077) {
		snprintf(error, error_len, "%s is open to other users (its mode must be 0700)", path);
		return false;
	}
	return true;
}

/* The air's directory: $XDG_RUNTIME_DIR/blemesh/air/NAME, or /tmp/blemesh-UID/air/NAME. */
