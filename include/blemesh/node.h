/*
 * The node: octets and the time go in; octets, events, store requests and the next deadline come out.
 *
 * A node is the caller's memory, carved once; nothing grows later and nothing is allocated on the message path. A node
 * reads no clock and owns no thread: all calls to one node must come from one thread at a time. The callbacks in
 * bm_node_ops run inside these calls; they may call back into the node unless noted.
 */
#ifndef BLEMESH_NODE_H
#define BLEMESH_NODE_H

#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/err.h"
#include "blemesh/features.h"
#include "blemesh/friend.h"
#include "blemesh/model.h"
#include "blemesh/prov.h"
#include "blemesh/store.h"
#include "blemesh/trace.h"

struct bm_node;

/* How much a node can hold. Every member bounds a table; a full one is a named error and a counter. */
struct bm_limits {
	uint8_t elements;      /* 1 to 32 */
	uint16_t models;       /* over all elements, the foundation models included */
	uint8_t bindings;      /* AppKeys a model can be bound to */
	uint8_t subscriptions; /* addresses a model can subscribe to */
	uint8_t subnets;       /* NetKeys */
	uint8_t app_keys;
	uint8_t labels;           /* Label UUIDs */
	uint16_t rpl;             /* replay protection list: distinct sources; the composition's CRPL */
	uint16_t msg_cache;       /* network message cache entries */
	uint16_t repeat_cache;    /* entries of the exact-repeat filter; a power of two */
	uint8_t sar_tx;           /* segmented messages in flight */
	uint8_t sar_rx;           /* messages being reassembled */
	uint8_t replies;          /* answers waiting for their response delay */
	uint16_t remote_dev_keys; /* device keys of other nodes (configuration clients) */
	uint8_t prov_links;       /* provisioning links a provisioner holds at once; 0: no provisioner role */
	uint8_t gatt_links;       /* GATT links at once, for PB-GATT and proxy in either role; 0: no GATT bearer */
	uint8_t proxy_filter;     /* addresses in the filter of each proxy client; at least 1 if there are links */
	uint8_t solicitations;    /* Solicitation Replay Protection List: clients; 0: no On-Demand Private GATT Proxy */
	uint8_t config_requests;  /* Configuration Client requests in flight; 0: no Configuration Client */
	/* Friendship (friend.h) */
	uint8_t friend_lpns;          /* low power nodes this node is a friend of; 0: no friend */
	uint8_t friend_queue;         /* Lower Transport PDUs kept for each of them, at least 2 */
	uint8_t friend_subscriptions; /* addresses each of them can subscribe to */
	uint8_t low_power;            /* 1: can be a low power node itself; 0: cannot */
	/* Of the longest segmented message, sent or received: 12 octets of access payload each (the last one less 4), 2
	 * to 32; 0: 32. A longer one is BM_ERR_TOO_LONG, or told to have no room (MshPRT 3.5.3.4); so is what a friend
	 * would keep. An answer that is longer, such as a long list, is not sent. */
	uint8_t segments;
	uint16_t state_len; /* octets of the longest record of a model's state (store.h); 0: BM_STORE_STATE_MAX */
};

/* A lamp or switch; a provisioner of a building raises rpl, remote_dev_keys, prov_links and config_requests. */
#define BM_LIMITS_DEFAULT                                                                                              \
	{                                                                                                              \
		.elements = 1, .models = 8, .bindings = 4, .subscriptions = 8, .subnets = 4, .app_keys = 8,            \
		.labels = 4, .rpl = 128, .msg_cache = 128, .repeat_cache = 64, .sar_tx = 4, .sar_rx = 4, .replies = 8, \
		.remote_dev_keys = 0, .prov_links = 0, .gatt_links = 0, .proxy_filter = 0, .solicitations = 0,         \
		.config_requests = 0, .friend_lpns = 0, .friend_queue = 0, .friend_subscriptions = 0, .low_power = 0,  \
		.segments = 0, .state_len = 0                                                                          \
	}

/* Feature bits (MshPRT 4.2.1.1, composition data). */
#define BM_FEATURE_RELAY 0x0001u
#define BM_FEATURE_PROXY 0x0002u
#define BM_FEATURE_FRIEND 0x0004u
#define BM_FEATURE_LOW_POWER 0x0008u

/* Foundation models of Mesh 1.1 that a node may have in its primary element, each one model of limits.models but as
 * said. */
#define BM_FOUNDATION_PRIVATE_BEACON 0x01u /* Mesh Private beacons, Private GATT Proxy, Private Node Identity */
#define BM_FOUNDATION_SAR_CONFIG 0x02u     /* the SAR Transmitter and Receiver states */
#define BM_FOUNDATION_OPCODES_AGGREGATOR 0x04u
#define BM_FOUNDATION_LARGE_COMPOSITION 0x08u /* Composition Data pages beyond 0, and in pieces; Models Metadata */
/* On-Demand Private Proxy and Solicitation PDU RPL Configuration: two models; with limits.solicitations */
#define BM_FOUNDATION_ON_DEMAND_PROXY 0x10u
#define BM_FOUNDATION_ALL 0x1fu

struct bm_node_config {
	struct bm_limits limits;
	uint8_t uuid[BM_UUID_LEN];          /* Device UUID */
	uint16_t company, product, version; /* CID, PID, VID of the composition data */
	uint16_t oob_info;                  /* OOB Information of the Unprovisioned Device beacon */
	/* NULL, or the name in the scan response of connectable advertising, and what a client that connects reads as
	 * the device's name; a private proxy tells none. UTF-8 that stays valid, of which BM_GATT_NAME_MAX octets are
	 * told. */
	const char *name;
	/* Supported: BM_FEATURE_*; a supported feature starts enabled. Friend and Low Power need their limits too. */
	uint16_t features;
	uint8_t foundation;         /* servers: BM_FOUNDATION_* ORed */
	uint8_t foundation_clients; /* clients, asked through bm_config_request; only with limits.config_requests */
	/* NULL, or Composition Data Page 2 (MshPRT 4.2.1.3), as on the wire: octets that stay valid. Only with
	 * BM_FOUNDATION_LARGE_COMPOSITION. */
	const uint8_t *profiles;
	uint16_t profiles_len;
	bool beacon;              /* Secure Network Beacon state at start */
	uint8_t default_ttl;      /* 0, or 2 to 127 */
	uint8_t network_transmit; /* as on the wire: count in bits 0–2, interval steps in bits 3–7 */
	uint8_t relay_retransmit;
	struct bm_prov_caps caps;  /* what the device side offers; elements is filled in by the node */
	const uint8_t *static_oob; /* NULL, or static_oob_len octets that stay valid */
	size_t static_oob_len;
	bool require_auth; /* device side: refuse to be provisioned without authentication */
	/* NULL, or 32 octets, big-endian, that stay valid: the private half of a P-256 key pair whose public half the
	 * provisioner may learn out of band (MshPRT 5.4.2.3). */
	const uint8_t *oob_private_key;
	struct bm_friend_config friends; /* all zero: sensible values */
	struct bm_lpn_config lpn;        /* likewise */
};

enum bm_event_kind {
	/* device side */
	BM_EVENT_LINK_OPEN,   /* a provisioner opened a link */
	BM_EVENT_LINK_CLOSE,  /* reason */
	BM_EVENT_OUTPUT_OOB,  /* show oob by action */
	BM_EVENT_INPUT_OOB,   /* ask a person: action, size; answer with bm_node_input_oob */
	BM_EVENT_PROVISIONED, /* addr, net_idx */
	BM_EVENT_PROV_FAILED, /* error */
	BM_EVENT_RESET,       /* the node forgot its provisioning data (bm_node_reset or Config Node Reset) */
	BM_EVENT_ATTENTION,   /* seconds: draw attention (0: stop) */
	/* provisioner side */
	BM_EVENT_DEVICE_SEEN, /* uuid, oob_info, rssi; bearer: heard a beacon (ADV) or connectable advertising (GATT) */
	BM_EVENT_PROVISION_LINK,      /* uuid: the device acknowledged the link */
	BM_EVENT_PROVISION_CAPS,      /* uuid, caps, method, alg: what was chosen */
	BM_EVENT_PROVISION_ENTER_OOB, /* uuid, action, size: read the device's output, answer with bm_node_provision_oob
				       */
	BM_EVENT_PROVISION_SHOW_OOB,  /* uuid, action, oob: the person must enter this at the device */
	BM_EVENT_PROVISION_COMPLETE,  /* uuid, addr, elements; the device key is in the node's table */
	/* uuid, error (from the device), result (ours), reason, data_may_be_out; addr, elements: as far as known */
	BM_EVENT_PROVISION_FAILED,
	/* network */
	BM_EVENT_IV_INDEX,     /* the IV index or the state of its update changed: iv_index, iv_update */
	BM_EVENT_RPL_FULL,     /* a new source was refused; src in addr */
	BM_EVENT_PROXY_OPEN,   /* proxy client: net_idx; connected to a server */
	BM_EVENT_PROXY_READY,  /* net_idx; the server's filter: action (0 accept list, 1 reject list), addr: its size */
	BM_EVENT_PROXY_CLOSED, /* net_idx */
	BM_EVENT_SEQ_LOW,      /* the sequence numbers run out */
	/* A heartbeat that the Heartbeat Subscription counts: addr, features (BM_FEATURE_* in use there), hops */
	BM_EVENT_HEARTBEAT,
	/* friendship: addr, net_idx of the other one */
	BM_EVENT_FRIEND_FOUND,     /* this low power node has a friend */
	BM_EVENT_FRIEND_LOST,      /* it no longer has */
	BM_EVENT_FRIEND_LIST_FULL, /* it has no room for size (255: or more) of the addresses this node subscribes to:
				    * messages to them do not reach it asleep */
	BM_EVENT_LPN_JOINED,       /* this friend has a low power node */
	BM_EVENT_LPN_LEFT,         /* which left, was silent too long or found another friend */
	/* persistence (store.h) */
	BM_EVENT_RESTORED, /* in bm_node_start: addr, net_idx (its lowest), iv_index; result: BM_ERR_STORE if it may not
			    * send for now. addr BM_ADDR_UNASSIGNED: there were records, but they make no node (result)
			    */
	BM_EVENT_STORE_FAILED, /* a store request was refused: store_key, result */
};

struct bm_event {
	enum bm_event_kind kind;
	bm_time now;
	const uint8_t *uuid;
	uint16_t addr, net_idx, oob_info;
	uint8_t elements, action, size, seconds;
	uint8_t bearer;      /* BM_PROV_BEARER_ADV or _GATT */
	bool public_key_oob; /* PROVISION_CAPS: the device's public key is the one known out of band */
	/* PROVISION_FAILED: the provisioning data was sent, and no Complete came (MshPRT 5.4.2.5): the device may be
	 * the node addr. Its device key is in the node's table, as after PROVISION_COMPLETE, if that had room (not if
	 * this node itself is being reset). Ask that address for its Composition Data: an answer means that it is a
	 * node. When that is given up, or the device is heard unprovisioned, call bm_node_remove_dev_key. addr must not
	 * be given to anybody else, whatever is heard: beacons and Provisioning Failed prove nothing. */
	bool data_may_be_out;
	int8_t rssi;
	enum bm_prov_method method;
	enum bm_prov_alg alg;
	enum bm_prov_error error;
	enum bm_link_close reason;
	enum bm_err result;
	struct bm_oob_value oob;
	const struct bm_prov_caps *caps;
	uint32_t iv_index;
	bool iv_update; /* an IV Update is in progress */
	uint16_t features;
	uint8_t hops; /* 1: heard from the source itself */
	struct bm_store_key store_key;
};

/* What a node is given. random and event are needed; the others may be NULL. */
struct bm_node_ops {
	void *ctx;
	void (*random)(void *ctx, uint8_t *out, size_t len); /* cryptographic quality */
	void (*event)(void *ctx, const struct bm_event *event);
	enum bm_err (*store)(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len);
	void (*trace)(void *ctx, const struct bm_trace *trace);
};

/* Octets of memory a node with these limits needs, aligned for any type. 0 if a limit is out of range, or asks for what
 * the library is built without (features.h). */
size_t bm_node_size(const struct bm_limits *limits);

/* Carves mem (aligned for any type, bm_node_size octets) into an unprovisioned node. config, ops and bearer are copied.
 * BM_ERR_INVALID, BM_ERR_NO_SPACE; BM_ERR_NOT_SUPPORTED: asks for what the library is built without (features.h). The
 * Configuration Server and Health Server stand in element 0 already. */
BM_MUST_USE enum bm_err bm_node_init(void *mem, size_t len, const struct bm_node_config *config,
				     const struct bm_node_ops *ops, const struct bm_bearer *bearer,
				     struct bm_node **node);

/* Adds a secondary element (the primary one exists). Before bm_node_start. index: its number, from 1. */
BM_MUST_USE enum bm_err bm_node_add_element(struct bm_node *node, uint16_t location, uint8_t *index);
/* Adds a model to an element. Before bm_node_start. BM_ERR_EXISTS for a second model of one identifier in one element.
 */
BM_MUST_USE enum bm_err bm_node_add_model(struct bm_node *node, uint8_t element, struct bm_model *model);
/* The composition is complete; the node lives from here on. */
BM_MUST_USE enum bm_err bm_node_start(struct bm_node *node, bm_time now);

/* Wipes every secret. The memory is the caller's again. */
void bm_node_wipe(struct bm_node *node);

/* The next time at which the node wants bm_node_run; BM_TIME_NEVER if only something from outside can wake it. */
bm_time bm_node_deadline(const struct bm_node *node);
/* Does all that is due at now. */
void bm_node_run(struct bm_node *node, bm_time now);
/* An advertisement's AD structure was received: type, payload (0 to 29 octets), RSSI in dBm (127: unknown). */
void bm_node_receive(struct bm_node *node, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi,
		     bm_time now);

/* Lets the node be found and provisioned: BM_PROV_BEARER_* ORed. BM_ERR_STATE if it is provisioned. */
BM_MUST_USE enum bm_err bm_node_prov_enable(struct bm_node *node, uint8_t bearers, bm_time now);
void bm_node_prov_disable(struct bm_node *node, bm_time now);
/* The person's answer to BM_EVENT_INPUT_OOB. BM_ERR_STATE if nothing was asked. */
BM_MUST_USE enum bm_err bm_node_input_oob(struct bm_node *node, const struct bm_oob_value *value, bm_time now);
/* Makes this node a node without any provisioner (a provisioner makes itself). dev_key: 16 octets. */
BM_MUST_USE enum bm_err bm_node_provision_self(struct bm_node *node, const struct bm_prov_data *data,
					       const uint8_t *dev_key, bm_time now);
/* Forgets the provisioning data; BM_EVENT_RESET follows. BM_ERR_NOT_PROVISIONED. */
BM_MUST_USE enum bm_err bm_node_reset(struct bm_node *node, bm_time now);

/* How the node stands now. */
bool bm_node_is_provisioned(const struct bm_node *node);
uint16_t bm_node_addr(const struct bm_node *node); /* of the primary element; BM_ADDR_UNASSIGNED if unprovisioned */
uint8_t bm_node_element_count(const struct bm_node *node);
uint32_t bm_node_iv_index(const struct bm_node *node);
bool bm_node_iv_in_update(const struct bm_node *node); /* an IV Update is in progress */
const struct bm_counters *bm_node_counters(const struct bm_node *node);

/*
 * IV Update (MshPRT 3.11.5). A node of the primary subnet starts one by itself when half of its sequence numbers are
 * used, every node follows the beacons of others, and each ends it after 96 to 144 hours; so nobody needs to call these
 * but a manager that decides for the network, and tests.
 *
 * bm_node_iv_update starts an update (true) or ends the one in progress (false). BM_ERR_NOT_PROVISIONED; BM_ERR_NO_KEY:
 * the node is no member of the primary subnet; BM_ERR_STATE: it is in that state already, or for less than 96 hours;
 * BM_ERR_SEQ_EXHAUSTED: the IV index is the highest there is; BM_ERR_BUSY: segmented messages are in flight, the update
 * ends as soon as they are through.
 */
BM_MUST_USE enum bm_err bm_node_iv_update(struct bm_node *node, bool update, bm_time now);
/* IV Update test mode (MshPRT 3.11.5.1): the limit of 96 hours does not hold, all else does. Off at first. */
void bm_node_iv_test_mode(struct bm_node *node, bool on);

/* Provisioner role (limits.prov_links > 0; the node itself provisioned). */
BM_MUST_USE enum bm_err bm_node_provision(struct bm_node *node, const struct bm_provision_params *params, bm_time now);
/* Gives a device its address once it is known how many elements it has, so that several links at once need no gaps:
 * for params whose addr is BM_ADDR_UNASSIGNED, from within BM_EVENT_PROVISION_CAPS. The attempt fails if that event
 * ends without an address. BM_ERR_EXISTS or BM_ERR_NO_SPACE if the device does not fit there: another may be tried. */
BM_MUST_USE enum bm_err bm_node_provision_addr(struct bm_node *node, const uint8_t *uuid, uint16_t addr);
/* The value read off the device, in answer to BM_EVENT_PROVISION_ENTER_OOB. */
BM_MUST_USE enum bm_err bm_node_provision_oob(struct bm_node *node, const uint8_t *uuid,
					      const struct bm_oob_value *value, bm_time now);
/* Gives up on a device: the link is closed with reason Fail; BM_EVENT_PROVISION_FAILED follows, which tells whether the
 * device may be a node all the same. */
void bm_node_provision_cancel(struct bm_node *node, const uint8_t *uuid, bm_time now);

/* Keys held locally by a configuring node, without any message over the air. key: 16 octets. */
BM_MUST_USE enum bm_err bm_node_add_app_key(struct bm_node *node, uint16_t net_idx, uint16_t app_idx,
					    const uint8_t *key);
BM_MUST_USE enum bm_err bm_node_bind(struct bm_node *node, struct bm_model *model, uint16_t app_idx);
/* Device keys of other nodes, for the Configuration Client; unicast address of the primary element. */
BM_MUST_USE enum bm_err bm_node_add_dev_key(struct bm_node *node, uint16_t addr, uint8_t elements, const uint8_t *key);
BM_MUST_USE enum bm_err bm_node_remove_dev_key(struct bm_node *node, uint16_t addr);

/* Observers' access to secrets (captures, exports). Ask only when the user asked to have keys written out. */
enum bm_key_kind { BM_KEY_NET, BM_KEY_APP, BM_KEY_DEV };
struct bm_key_view {
	enum bm_key_kind kind;
	uint16_t index;   /* NetKey or AppKey index, or unicast address */
	uint16_t net_idx; /* of an AppKey */
	const uint8_t *key;
};
/* Calls back for every key the node holds. */
void bm_node_each_key(const struct bm_node *node, void (*each)(void *ctx, const struct bm_key_view *key), void *ctx);

#endif
