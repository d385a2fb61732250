/*
 * Persistence as intent. A node says which key takes which octets (bm_node_ops.store); the host makes that durable and
 * hands it all back with bm_node_restore before the next bm_node_start. Octets are the node's own format, versioned.
 *
 * What a host must do:
 *  - Each request is atomic: after a power cut a key has its old value or its new one, never a mixture.
 *  - Requests keep their order: if one survived a power cut, so did all before it.
 *  - BM_OK means durable: when store returns, a power cut no longer undoes it. A sequence number is used, and a message
 *    acted on, right after their requests returned. (A request may be made durable later, together with others, only if
 *    the host keeps the node's advertising back until then.)
 *  - An empty value (len 0) deletes the key; deleting what is not there is fine.
 *  - The octets hold keys: keep them from others' eyes. They are valid during the call.
 *
 * A request that is refused (any error) is told with BM_EVENT_STORE_FAILED. A sequence number that could not be
 * reserved is not used, a message whose replay protection could not be kept is not acted on, a device whose
 * provisioning could not be kept refuses it. Any other state lives on in memory only; bm_node_store_all asks for
 * everything again.
 */
#ifndef BLEMESH_STORE_H
#define BLEMESH_STORE_H

#include "blemesh/base.h"
#include "blemesh/err.h"

struct bm_limits;
struct bm_node;

enum bm_store_kind {
	BM_STORE_NET = 1,    /* unicast address, IV index, its state and times, device key; without it: unprovisioned */
	BM_STORE_SEQ = 2,    /* the first sequence number that is not yet reserved */
	BM_STORE_RPL = 3,    /* index: source address */
	BM_STORE_SUBNET = 4, /* index: NetKey index; the keys and the Key Refresh phase */
	BM_STORE_APP_KEY = 5, /* index: AppKey index */
	BM_STORE_MODEL = 6,   /* index: position in the composition; bindings, subscriptions with labels, publication */
	BM_STORE_CONFIG = 7,  /* index: which group of Configuration Server states */
	BM_STORE_DEVICE = 9,  /* index: unicast address; a provisioner's record of a node */
	BM_STORE_STATE = 10,  /* index: position in the composition; what a model keeps (bm_model.persist) */
	BM_STORE_SOLICITATION = 11, /* index: source address; what a proxy believed of Solicitation PDUs. 0: our own */
	/* From here on keys are the host's own: a node neither stores nor takes them, so that one store serves both. */
	BM_STORE_HOST = 0x80,
};

/* What a record is about. */
struct bm_store_key {
	enum bm_store_kind kind;
	uint16_t index;
};

/* The longest value that a node with these limits stores, in octets; its STATE records not counted, which are as long
 * as the models make them, up to bm_limits.state_len. */
size_t bm_node_store_max(const struct bm_limits *limits);
#define BM_STORE_STATE_MAX 128u /* where bm_limits.state_len is 0 */

/*
 * Gives a node back one record, after the models were added and before bm_node_start; in any order, the kinds mixed.
 * The node then starts provisioned if BM_STORE_NET was among them, and BM_EVENT_RESTORED says how it went.
 *
 * A record that is not as a node stored it is refused and the node starts without it, on the safe side:
 *  - NET lost: the node is unprovisioned; what else there was is deleted from the store.
 *  - SEQ lost: the node hears and follows, but sends nothing until the IV index it transmits with goes on.
 *  - RPL refused: nothing more is accepted from that source until the IV index goes on. RPL without room (the limit was
 *    lowered): new sources are accepted only with a newer IV index.
 *  - SOLICITATION refused: that client is not believed again until the list is cleared for its address.
 *
 * BM_ERR_STATE (started already); BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG, BM_ERR_PROHIBITED (not what a node stores);
 * BM_ERR_NOT_SUPPORTED (a kind or version unknown here); BM_ERR_NO_SPACE (a limit is lower than it was);
 * BM_ERR_NOT_FOUND (of a model that is not in the composition); BM_ERR_INVALID (an index out of range).
 */
BM_MUST_USE enum bm_err bm_node_restore(struct bm_node *node, const struct bm_store_key *key, const uint8_t *octets,
					size_t len);

/* Makes a store request for everything, as after a change of store or a time when it refused. BM_ERR_NOT_PROVISIONED;
 * BM_ERR_STORE if any was refused. */
BM_MUST_USE enum bm_err bm_node_store_all(struct bm_node *node);

#endif
