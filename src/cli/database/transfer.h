/*
 * A database out of a network's file, and a network's file out of a database.
 */
#ifndef BM_CLI_DATABASE_TRANSFER_H
#define BM_CLI_DATABASE_TRANSFER_H

#include "cli/database/database.h"
#include "cli/network/network.h"

/* The whole network with its keys, schema 1.0.1. NULL: its file cannot be read. warnings: a list, to which is added
 * what nodes are set to and the schema has no form for (imported by an earlier version): it is left out. */
json_t *bm_database_export(struct bm_network *network, json_t *warnings);

/* Our part in an imported network. */
struct bm_database_own {
	uint16_t addr;      /* of our node, the first of our range */
	uint16_t last_addr; /* of our range */
	uint8_t uuid[BM_UUID_LEN], dev_key[BM_KEY_LEN];
	uint32_t iv_index;
	bool iv_update;
	bool iv_assumed; /* nothing told it */
};
/* Fills a new network: documents, keys, and our node, which has sent nothing yet. */
BM_MUST_USE enum bm_err bm_database_import(struct bm_network *network, struct bm_database *database,
					   const struct bm_database_own *own);

#endif
