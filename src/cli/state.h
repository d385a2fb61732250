/*
 * The directory of `blemesh run --state`: a store for each board and one for the provisioner, and a lock.
 */
#ifndef BM_CLI_STATE_H
#define BM_CLI_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "blemesh/sqlite_store.h"

/* Makes the directory if it is missing, and takes it for this process until it ends. */
bool bm_state_take(const char *dir, char *error, size_t error_len);
/* The store of a board of that name, in this directory. NULL: why is in error. It stays open until the process ends. */
struct bm_sqlite_store *bm_state_store(const char *dir, const char *name, enum bm_sqlite_safety safety, char *error,
				       size_t error_len);

#endif
