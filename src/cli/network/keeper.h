/*
 * The node of whoever keeps a network: the provisioner inside `blemesh run`, and the commands of a network. What it can
 * hold, and how it makes a network.
 */
#ifndef BM_CLI_NETWORK_KEEPER_H
#define BM_CLI_NETWORK_KEEPER_H

#include "blemesh/node.h"
#include "script/runtime.h"

#define BM_KEEPER_ADDR 0x0001u
#define BM_KEEPER_NODES_MAX 4096u

/* Limits of a building, the provisioner role and the Configuration Client; the UUID is left to the caller. */
struct bm_node_config bm_keeper_config(void);
/* A static random address for its station. */
void bm_keeper_station_addr(struct bm_runtime *rt, uint8_t addr[6]);
/* Makes the node, which has no network yet, the first one of a network with a fresh NetKey 0. */
BM_MUST_USE enum bm_err bm_keeper_make_network(struct bm_node *node, struct bm_runtime *rt, bm_time now);
/* Copies the value in use of a key that the node holds; false if it does not. */
bool bm_keeper_find_key(const struct bm_node *node, enum bm_key_kind kind, uint16_t index, uint8_t key[BM_KEY_LEN]);

#endif
