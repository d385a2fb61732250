/*
 * Observation. One callback sees what a node does; when it is NULL it costs nothing. Observers never change the node.
 *
 * Counters are kept always: a PDU that changes nothing is counted by the reason it was dropped for.
 */
#ifndef BLEMESH_TRACE_H
#define BLEMESH_TRACE_H

#include "blemesh/base.h"

/* Why something from the air (or a local send) went no further. One list gives constant and text. */
#define BM_DROP_LIST(X)                                                                                     \
	X(MALFORMED, "malformed")             /* too short, too long or a prohibited value, at any layer */ \
	X(REPEAT, "repeat")                   /* the same octets as a PDU just seen */                      \
	X(UNKNOWN_NID, "unknown_nid")         /* no subnet of ours has this NID */                          \
	X(NET_MIC, "net_mic")                 /* a NID of ours, but the NetMIC does not verify */           \
	X(OWN, "own")                         /* our own PDU, heard back */                                 \
	X(CACHED, "cached")                   /* in the network message cache */                            \
	X(NOT_FOR_US, "not_for_us")           /* another node's; perhaps relayed */                         \
	X(REPLAY, "replay")                   /* the replay protection list refused it */                   \
	X(RPL_FULL, "rpl_full")               /* the replay protection list has no room for a new source */ \
	X(IV_INDEX, "iv_index")               /* from an IV index we may not accept */                      \
	X(SEGMENT, "segment")                 /* a segment that does not fit its message */                 \
	X(SAR_BUSY, "sar_busy")               /* no reassembly context free */                              \
	X(SAR_TIMEOUT, "sar_timeout")         /* reassembly given up */                                     \
	X(NO_KEY, "no_key")                   /* no application or device key opens the payload */          \
	X(UNKNOWN_OPCODE, "unknown_opcode")   /* no model takes this opcode */                              \
	X(NOT_BOUND, "not_bound")             /* the model is not bound to the key */                       \
	X(BAD_LENGTH, "bad_length")           /* a known opcode with parameters of a wrong length */        \
	X(BAD_VALUE, "bad_value")             /* a known message with a prohibited value */                 \
	X(NOT_PROVISIONED, "not_provisioned") /* mesh traffic while we have no keys */                      \
	X(BEACON_AUTH, "beacon_auth")         /* a beacon whose authentication value is wrong */            \
	X(BEACON_IGNORED, "beacon_ignored")   /* an authentic beacon that is not obeyed in this state */    \
	X(ASLEEP, "asleep")                   /* a low power node takes messages from its friend alone */   \
	X(FRIEND_QUEUE, "friend_queue")       /* a friend queue was full: the oldest went */                \
	X(PROV_FOREIGN, "prov_foreign")       /* PB-ADV of another link or device */                        \
	X(PROV_FCS, "prov_fcs")               /* a provisioning PDU whose FCS is wrong */                   \
	X(PROV_UNEXPECTED, "prov_unexpected") /* a provisioning PDU out of turn */                          \
	X(TX_FULL, "tx_full")                 /* the bearer's queue was full */                             \
	X(UNKNOWN_TYPE, "unknown_type")       /* an AD type, beacon type or control opcode we do not know */

/* Reasons, in the order of the list. */
enum bm_drop {
#define X(name, text) BM_DROP_##name,
	BM_DROP_LIST(X)
#undef X
		BM_DROP_COUNT
};

/* "replay", "net_mic", …; never NULL. */
const char *bm_drop_name(enum bm_drop drop);

struct bm_counters {
	uint32_t net_tx;      /* Network PDUs originated */
	uint32_t net_relayed; /* Network PDUs relayed */
	uint32_t net_rx;      /* Network PDUs authenticated and new */
	uint32_t access_tx;   /* access messages sent */
	uint32_t access_rx;   /* access messages that reached a model */
	uint32_t drop[BM_DROP_COUNT];
};

enum bm_trace_kind {
	BM_TRACE_ACCESS_TX, /* octets: opcode and parameters */
	BM_TRACE_ACCESS_RX, /* as above; reached at least one model */
	BM_TRACE_DROP,      /* octets: what was dropped, as far as known at that layer */
	BM_TRACE_STATE,     /* a state machine changed: module, from, to */
};

struct bm_trace {
	enum bm_trace_kind kind;
	bm_time at;
	const uint8_t *octets;
	size_t len;
	/* messages */
	uint16_t src, dst;
	uint16_t net_idx, app_idx; /* app_idx may be BM_APP_IDX_DEV_LOCAL or _REMOTE */
	uint8_t ttl;
	bool segmented;
	/* drops */
	enum bm_drop drop;
	/* state machines: names, static strings */
	const char *module, *from, *to;
};

#endif
