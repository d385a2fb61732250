/*
 * Persistence as intent. The node says which key takes which octets; the host makes that durable, atomically for each
 * key and in the order given. An empty value deletes the key.
 */
#ifndef BLEMESH_STORE_H
#define BLEMESH_STORE_H

#include "blemesh/base.h"

enum bm_store_kind {
	BM_STORE_NET = 1,     /* unicast address, IV index and its state, device key */
	BM_STORE_SEQ = 2,     /* the first sequence number that is not yet reserved */
	BM_STORE_RPL = 3,     /* index: source address */
	BM_STORE_SUBNET = 4,  /* index: NetKey index */
	BM_STORE_APP_KEY = 5, /* index: AppKey index */
	BM_STORE_MODEL = 6,   /* index: position in the composition */
	BM_STORE_CONFIG = 7,  /* Configuration Server states */
	BM_STORE_LABEL = 8,   /* index: position in the label table */
	BM_STORE_DEVICE = 9,  /* index: unicast address; a provisioner's record of a node */
};

struct bm_store_key {
	enum bm_store_kind kind;
	uint16_t index;
};

#endif
