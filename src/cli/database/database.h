/*
 * The Mesh Configuration Database (Mesh CDB 1.0.1), the JSON in which apps hand networks to each other: read and
 * checked, with tolerance for what real apps write; and put together from a network of ours.
 */
#ifndef BM_CLI_DATABASE_DATABASE_H
#define BM_CLI_DATABASE_DATABASE_H

#include <jansson.h>

#include "blemesh/base.h"

#define BM_DATABASE_NODES_MAX 4096u
#define BM_DATABASE_NET_KEYS_MAX 8u
#define BM_DATABASE_APP_KEYS_MAX 32u
/* More is no database: nothing is read of it. */
#define BM_DATABASE_OCTETS_MAX (32u << 20)

struct bm_database_key {
	uint16_t index, net_idx; /* of a network key both are its index */
	uint8_t phase;           /* of a network key: Key Refresh, 0 to 2 */
	bool has_old;
	uint8_t key[BM_KEY_LEN], old[BM_KEY_LEN]; /* during a Key Refresh key is the new one */
};

struct bm_database_device {
	uint16_t addr;
	uint8_t elements;
	bool has_key;
	uint8_t key[BM_KEY_LEN];
};

struct bm_database {
	/* In the shape of schema 1.0.1, numbers as numbers, addresses and identifiers as its hexadecimal strings,
	 * members that are not known as they were; without any key. about: all but nodes and groups. */
	json_t *about, *nodes, *groups;
	struct bm_database_key net_keys[BM_DATABASE_NET_KEYS_MAX], app_keys[BM_DATABASE_APP_KEYS_MAX];
	size_t net_key_count, app_key_count;
	struct bm_database_device *devices; /* by node, in the same order */
	size_t device_count;
	bool has_iv, iv_update; /* the schema does not carry the IV index: ours and some apps' files do */
	uint32_t iv_index;
	/* What was left out because it makes no sense, a string each; and how many more. */
	json_t *warnings;
	size_t more_warnings;
	uint32_t least_iv; /* the network has come at least as far: the latest of networkExclusions */
};

/* Pure. False: error names the member and says what is wrong with it ("nodes[3].unicastAddress: …"). */
bool bm_database_read(const json_t *document, struct bm_database *database, char *error, size_t error_len);
void bm_database_free(struct bm_database *database);

/* random: a random number. A range for one more provisioner, whose first address becomes its node's: outside the other
 * provisioners' ranges, else the end of one of them, which is shortened (*shortened), and where no node is or was.
 * False: no address is left.
 */
bool bm_database_make_room(struct bm_database *database, uint16_t random, uint16_t *low, uint16_t *high,
			   bool *shortened);

#endif
