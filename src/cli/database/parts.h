/*
 * What the files that read a database share.
 */
#ifndef BM_CLI_DATABASE_PARTS_H
#define BM_CLI_DATABASE_PARTS_H

#include "cli/database/check.h"
#include "cli/database/database.h"

/* Reads an entry of a list. */
typedef bool bm_database_entry(struct bm_check *check, struct bm_database *db, json_t *entry);

/* database.c: every entry of object's list member, which becomes empty if it is missing. */
bool bm_database_each(struct bm_check *check, struct bm_database *db, json_t *object, const char *member, size_t most,
		      bm_database_entry *read);
bool bm_database_addresses(struct bm_check *check, json_t *object, const char *member);
/* settings.c */
void bm_database_settings(struct bm_check *check, json_t *node);
bm_check_reader bm_database_publication;
/* nodes.c */
bm_database_entry bm_database_node;
/* What a node, its elements and its models are set to, as bm_database_node takes it: for what was once taken with less
 * care. */
void bm_database_node_settings(struct bm_check *check, json_t *node);

#endif
