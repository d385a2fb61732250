/*
 * A directory of this user's that nobody else may enter (mode 0700).
 */
#ifndef BM_POSIX_PRIVATE_DIR_H
#define BM_POSIX_PRIVATE_DIR_H

#include <stdbool.h>
#include <stddef.h>

/* Makes it if it is missing; what is wrong with it otherwise is said in error. */
bool bm_private_dir(const char *path, char *error, size_t error_len);

#endif
