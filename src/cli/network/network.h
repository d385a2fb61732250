/*
 * The network as its keeper knows it, in one file: NETWORK.db in $XDG_STATE_HOME/blemesh (else ~/.local/state/blemesh),
 * readable by its owner alone and open in one process at a time.
 *
 * The file is a store. It has the records of the keeper's own node, keys and sequence numbers among them, and besides
 * these, under keys of the host's, documents in the shape of the Mesh Configuration Database: one for the network, one
 * a node, one a group. No document holds a key. Whatever is kept is durable when the call returns.
 */
#ifndef BM_CLI_NETWORK_NETWORK_H
#define BM_CLI_NETWORK_NETWORK_H

#include <jansson.h>

#include "blemesh/node.h"
#include "blemesh/sqlite_store.h"

struct bm_network;

/* Kinds of the host's own records; documents are JSON. */
#define BM_NETWORK_ABOUT (BM_STORE_HOST + 0x10u)
#define BM_NETWORK_NODE (BM_STORE_HOST + 0x11u)      /* index: unicast address of the primary element */
#define BM_NETWORK_GROUP (BM_STORE_HOST + 0x12u)     /* index: group or virtual address */
#define BM_NETWORK_NEXT_ADDR (BM_STORE_HOST + 0x13u) /* the first address never given out; big-endian */
#define BM_NETWORK_REFRESH (BM_STORE_HOST + 0x14u)   /* a Key Refresh under way, as bm_key_refresh_export makes it */
#define BM_NETWORK_PENDING (BM_STORE_HOST + 0x15u)   /* index: address; the document of what may become a node */

/* A network's name: 1 to 64 letters, digits, '-', '_' and '.', not '.' first. create: makes it if there is none, still
 * without keys (bm_network_is_new). NULL: why not, and what to do about it, is a line in error. */
struct bm_network *bm_network_open(const char *name, bool create, char *error, size_t error_len);
/* One user more of an open network, as a second bm_network_open of its name in this process has it too: it is closed
 * when each has closed it. */
struct bm_network *bm_network_share(struct bm_network *network);
/* NULL is ignored. */
void bm_network_close(struct bm_network *network);
/* Lets go of the file, so that others can open it: from here on the documents can be read, and nothing else. */
void bm_network_let_go(struct bm_network *network);
/* The file was made just now: it goes again with bm_network_close unless bm_network_keep_about was called. */
bool bm_network_is_new(const struct bm_network *network);
/* Removes the file when it is closed. */
void bm_network_drop(struct bm_network *network);

const char *bm_network_name(const struct bm_network *network);
const char *bm_network_path(const struct bm_network *network);
struct bm_sqlite_store *bm_network_store(struct bm_network *network);

/* {"meshName", "meshUUID", "timestamp", "netKeys": [{"index", "name"}], "appKeys": [{"index", "name", "boundNetKey"}],
 * "provisioners", "scenes"}. Borrowed: change it, then keep it. */
json_t *bm_network_about(struct bm_network *network);
enum bm_err bm_network_keep_about(struct bm_network *network);

/* Arrays, borrowed. Nodes are in the order of their addresses, the keeper's own among them. */
json_t *bm_network_nodes(struct bm_network *network);
/* {"name", "address", "parentAddress"}; the address of a virtual one is its Label UUID. */
json_t *bm_network_groups(struct bm_network *network);

/* Borrowed: the node that has an element with this address, or whose UUID this is; NULL. */
json_t *bm_network_node(struct bm_network *network, uint16_t addr);
json_t *bm_network_node_of(struct bm_network *network, const uint8_t uuid[16]);
/* Adds or replaces, by its unicastAddress; the document may be the one in bm_network_nodes. BM_ERR_STORE: it could not
 * be written, and stands in memory alone; BM_ERR_INVALID: it has no unicastAddress. */
BM_MUST_USE enum bm_err bm_network_keep_node(struct bm_network *network, json_t *node);
BM_MUST_USE enum bm_err bm_network_forget_node(struct bm_network *network, uint16_t addr);
/* Adds or replaces, by its address. */
BM_MUST_USE enum bm_err bm_network_keep_group(struct bm_network *network, json_t *group);
BM_MUST_USE enum bm_err bm_network_forget_group(struct bm_network *network, uint16_t addr);
/* The group or virtual address of a group's document, and the Label UUID if it is virtual (label may be NULL). */
bool bm_network_group_addr(const json_t *group, uint16_t *addr, uint8_t label[16], bool *is_virtual);

/* Where so many elements find room in the keeper's allocated ranges, above every address that was ever given out of
 * them; 0: nowhere. */
uint16_t bm_network_free_address(struct bm_network *network, unsigned elements);
/* No node has any of these addresses, nor had since the IV index last went on far enough: others would take its
 * messages for replays (MshPRT 3.8.8). */
bool bm_network_is_free(struct bm_network *network, uint16_t addr, unsigned elements);
/* Addresses of a node that is no more, and of a device that may be one: they are free no longer. */
BM_MUST_USE enum bm_err bm_network_exclude(struct bm_network *network, uint16_t addr, unsigned elements);
/* The document of a device that is about to get its address, and the end of that. If the process ends in between, the
 * next bm_network_open finds out whether the device became a node: without its device key it did not; with it it may
 * have, and is one, with this member of its "blemesh" until it is heard. */
#define BM_NODE_UNCONFIRMED "unconfirmed"
BM_MUST_USE enum bm_err bm_network_expect_node(struct bm_network *network, const json_t *node);
void bm_network_expect_no_more(struct bm_network *network, uint16_t addr);
/* These addresses are about to be given to a device: nobody else gets them, whatever becomes of it. */
BM_MUST_USE enum bm_err bm_network_take_address(struct bm_network *network, uint16_t addr, unsigned elements);

/* "0x0002" or "2" (an address), "lamp" (a node's or a group's name), "0x0002/1" or "lamp/1" (its element 1),
 * "all-nodes", "all-proxies", "all-friends", "all-relays". False: error says what is wrong, in a line. A unicast
 * address is taken though no node is known there; see bm_network_resolve_node. */
bool bm_network_resolve(struct bm_network *network, const char *text, uint16_t *addr, char *error, size_t error_len);
/* The same for what has to be a node that is known. */
json_t *bm_network_resolve_node(struct bm_network *network, const char *text, char *error, size_t error_len);
/* A node or a group has this name. */
bool bm_network_name_is_taken(struct bm_network *network, const char *name);
/* Why this cannot be the name of another node or group, as a line; NULL: it can. */
const char *bm_network_name_problem(struct bm_network *network, const char *name);
/* The name of a node or group, for people: "lamp", "lamp/1" for a secondary element, else "0x0005". */
void bm_network_name_of(struct bm_network *network, uint16_t addr, char *out, size_t len);

/* Every key of the network, without a running node: from the store's records. During a Key Refresh a NetKey or AppKey
 * comes twice, the old one first. BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_network_each_key(struct bm_network *network,
					    void (*each)(void *ctx, const struct bm_key_view *key), void *ctx);
/* The node counts the hours in a state of the IV index while it runs, and a command runs for seconds: here they are set
 * to what the clock says has passed since that state began (MshPRT 3.11.5). Before the node is restored. BM_ERR_STORE.
 */
BM_MUST_USE enum bm_err bm_network_count_iv_hours(struct bm_network *network);
/* Of the keeper's node; 0x0001 as long as there is none. */
uint16_t bm_network_own_addr(struct bm_network *network);
/* The IV index that the keeper's node knows; false if there is none yet. */
bool bm_network_iv_index(struct bm_network *network, uint32_t *iv_index, bool *iv_update);

#endif
