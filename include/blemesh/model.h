/*
 * Models: what an application puts into an element, how it takes messages and how it sends them.
 *
 * A model is the caller's memory: fill the describing members, hand it to bm_node_add_model before bm_node_start, and
 * leave it where it is for the node's life. The ready-made models (onoff.h, sensor.h, …) contain a struct bm_model; a
 * vendor model is one with an opcode table of its own. MshPRT 3.7, 4.3.
 */
#ifndef BLEMESH_MODEL_H
#define BLEMESH_MODEL_H

#include "blemesh/base.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"

struct bm_model;
struct bm_access;
struct bm_node;

/* Opcodes as numbers (MshPRT 3.7.2.1): 0x00–0x7e one octet; 0x8000–0xbfff two octets, most significant first; vendor
 * opcodes 0xc0CCCC–0xffCCCC: first octet, then the company identifier as a number (on the air it is little-endian). */
#define BM_OPCODE_VENDOR(code6, company) ((uint32_t)(0xc0u | (code6)) << 16 | (uint16_t)(company))

/* A company identifier of 0 exists, so "vendor" is a member of its own and not derived from the number. */
struct bm_model_id {
	bool vendor;
	uint16_t company; /* 0 for SIG models */
	uint16_t id;
};

/* What is known of a message received. Valid during the handler. */
struct bm_rx {
	bm_time now;
	uint16_t src;
	uint16_t dst;
	const uint8_t *label; /* the Label UUID when dst is a virtual address, else NULL */
	uint16_t net_idx;
	uint16_t app_idx; /* or BM_APP_IDX_DEV_LOCAL / BM_APP_IDX_DEV_REMOTE */
	uint32_t opcode;
	uint8_t ttl; /* as received */
	int8_t rssi; /* dBm; 127 if unknown */
};

struct bm_ask;

/* Where and how a message goes. Zero-initialise, then set what differs. */
struct bm_tx {
	uint16_t dst;         /* unicast, group or virtual address; BM_ADDR_UNASSIGNED: the model's publish address */
	const uint8_t *label; /* the 16 octets when dst is virtual; NULL otherwise */
	uint16_t net_idx;     /* only for device keys; an application key brings its own */
	uint16_t app_idx;     /* or BM_APP_IDX_DEV_LOCAL / BM_APP_IDX_DEV_REMOTE */
	uint8_t ttl;          /* BM_TTL_DEFAULT: the node's Default TTL. 1 is prohibited */
	bool segmented;       /* segment even if it would fit: the destination then acknowledges (unicast) */
	bool long_mic;        /* 64-bit TransMIC; segmented messages only */
	/* Told once, when the message is out: BM_OK (acknowledged if segmented to a unicast address), or why not.
	 * May be NULL. */
	void (*done)(void *ctx, enum bm_err result, bm_time now);
	void *done_ctx;
	/* An acknowledged message (blemesh/request.h): repeated until it is answered. NULL: sent once. */
	const struct bm_ask *ask;
};

/* One row of a model's opcode table. The dispatcher checks the length before it calls. */
struct bm_opcode {
	uint32_t opcode;
	uint16_t min_len; /* of the parameters, octets */
	uint16_t max_len;
	void (*handle)(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params);
};

/* Optional notices to a model; every member may be NULL. */
struct bm_model_ops {
	void (*started)(struct bm_model *model, bm_time now);
	/* The node was reset: keys, bindings, publication and subscriptions are gone, states stay. */
	void (*reset)(struct bm_model *model, bm_time now);
	/* The publish period is over: publish the state with bm_model_publish (MshPRT 4.2.2.5). NULL: the model
	 * publishes on change alone. */
	void (*publish)(struct bm_model *model, bm_time now);
	/* The period in force, from the one configured, both in microseconds (a Health Server divides it while there is
	 * a fault). NULL: as configured. */
	uint64_t (*publish_period_us)(const struct bm_model *model, uint64_t period_us);
	/* What is to outlast a power cut, of a model with persist set: written by save, up to bm_limits.state_len less
	 * 16 octets, and given back to load after a restart, before started. load: what is not what save writes is an
	 * error (any), and changes nothing. NULL: nothing is kept. */
	void (*save)(const struct bm_model *model, struct bm_writer *w);
	enum bm_err (*load)(struct bm_model *model, struct bm_reader *r);
};

/* Model Publication state (MshPRT 4.2.2). */
struct bm_publication {
	uint16_t addr; /* BM_ADDR_UNASSIGNED: off */
	uint16_t app_idx;
	uint8_t label_slot; /* label table slot when addr is virtual */
	bool friendship_credentials;
	uint8_t ttl;
	uint8_t period;     /* as on the wire: steps and resolution */
	uint8_t retransmit; /* as on the wire: count and interval steps */
};

struct bm_model {
	/* Set by the model's author before bm_node_add_model. */
	struct bm_model_id id;
	const struct bm_opcode *opcodes; /* sorted or not; constant */
	size_t opcode_count;
	/* Takes every message whose opcode the table has no row for, as if it had one; the row's own opcode means
	 * nothing. For a client of models it knows nothing of, and for observers. NULL: such a message is none of this
	 * model's. */
	const struct bm_opcode *others;
	const struct bm_model_ops *ops; /* may be NULL */
	bool dev_key;                   /* takes messages under the device key (foundation models) */
	bool own_dev_key_only;          /* of device keys only this node's own: a server that its key holder commands */
	bool persist;                   /* the state outlasts a power cut (bm_model_ops.save); else it begins anew */
	bool app_key_too;               /* beside the device key application keys that it is bound to */
	void *self;                     /* the model's own structure */
	/* The model that this one extends, added before it; on one element both share a subscription list
	 * (MshPRT 4.2.4). NULL: none. */
	struct bm_model *extends;
	/* The model that this one corresponds with (MshPRT 4.2.1.2), or one of several; Composition Data Page 1 tells
	 * of it. NULL: none. */
	const struct bm_model *corresponds;

	/* Set by the node; read only. */
	struct bm_publication publication;
	uint16_t index;  /* position in the composition, over all elements */
	uint8_t element; /* index of the element, 0 is the primary one */
	struct bm_access *access;
	uint32_t opcode_filter;       /* a bit for each opcode of the table: most messages are another model's */
	uint16_t *bindings;           /* AppKey indexes bound; BM_ACCESS_UNBOUND marks a free slot */
	uint16_t *subscriptions;      /* group and virtual addresses; BM_ADDR_UNASSIGNED marks a free slot */
	uint8_t *subscription_labels; /* the label table slot of each virtual subscription */
};

/* A free slot of bm_model.bindings. */
#define BM_ACCESS_UNBOUND 0xffffu

/*
 * Sends an access message from this model's element. payload: opcode and parameters, 1 to BM_ACCESS_MAX octets (376
 * with long_mic); copied.
 *
 * BM_ERR_NOT_PROVISIONED, BM_ERR_NOT_BOUND (the model is not bound to app_idx), BM_ERR_NO_KEY, BM_ERR_INVALID (address,
 * TTL), BM_ERR_TOO_LONG, BM_ERR_BUSY (no context for a segmented message is free), BM_ERR_SEQ_EXHAUSTED.
 */
BM_MUST_USE enum bm_err bm_model_send(struct bm_model *model, const struct bm_tx *tx, const uint8_t *payload,
				      size_t len, bm_time now);

/*
 * Answers a message: to its source, with its key, after the random response delay (MshPRT 3.7.3.1: 20–50 ms to a
 * unicast request, 20–500 ms to a group one). Copied. BM_ERR_BUSY when too many answers wait.
 */
BM_MUST_USE enum bm_err bm_model_reply(struct bm_model *model, const struct bm_rx *rx, const uint8_t *payload,
				       size_t len);

/* Publishes with the model's publication state. BM_ERR_STATE if none is set. */
BM_MUST_USE enum bm_err bm_model_publish(struct bm_model *model, const uint8_t *payload, size_t len, bm_time now);

/* The publication period in force, in microseconds; 0 if the model does not publish periodically. */
uint64_t bm_model_publish_period_us(const struct bm_model *model);
/* publish_period_us would answer differently from now on: the period begins anew. */
void bm_model_publish_period_changed(struct bm_model *model);

/* The state that bm_model_ops.save writes changed: it is stored if the model persists and the node is provisioned. */
void bm_model_state_changed(struct bm_model *model);

/* May the model send and receive with this AppKey (MshPRT 3.7.3.1)? */
bool bm_model_is_bound(const struct bm_model *model, uint16_t app_idx);

/* Puts the opcode in front of a payload being written. */
static inline void bm_put_opcode(struct bm_writer *w, uint32_t opcode)
{
	if (opcode < 0x80) {
		bm_put_u8(w, (uint8_t)opcode);
	} else if (opcode <= 0xffff) {
		bm_put_be16(w, (uint16_t)opcode);
	} else {
		bm_put_u8(w, (uint8_t)(opcode >> 16));
		bm_put_le16(w, (uint16_t)opcode);
	}
}

#endif
