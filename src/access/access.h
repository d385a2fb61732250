/*
 * The access layer (MshPRT 3.7): elements and their models, dispatch by opcode table, key binding, subscription,
 * delayed answers, composition data.
 */
#ifndef BM_ACCESS_ACCESS_H
#define BM_ACCESS_ACCESS_H

#include "base/arena.h"
#include "base/env.h"
#include "blemesh/model.h"
#include "transport/transport.h"

struct bm_element {
	uint16_t location;
	uint8_t model_count;
	uint16_t first_model; /* position of its first model in bm_access.models */
};

struct bm_access_identity {
	uint16_t company, product, version;
	uint16_t features;       /* supported features of composition data page 0 */
	bool all_pages;          /* composition data has pages beyond 0 */
	const uint8_t *profiles; /* page 2, as on the wire; without it there is none */
	uint16_t profiles_len;
};

struct bm_reply;     /* an answer that waits for its response delay, or a publication to be retransmitted */
struct bm_publisher; /* a model's periodic publication */
struct bm_waiting;   /* an acknowledged message */

/* Takes the answer to a message that bm_access_deliver_item delivers, in place of the air. */
struct bm_capture {
	uint8_t *octets;
	size_t capacity, len;
	bool answered; /* within capacity or not: len says how long the answer is */
	bool refused;  /* a model found the message malformed or with a prohibited value */
};

struct bm_access {
	uint8_t default_ttl;
	uint8_t element_count;
	bool started;
	uint16_t enabled; /* BM_FEATURE_*: of the supported features those switched on; Relay is the network layer's */
	uint16_t model_count;
	uint16_t subscription_count; /* in use, over all models */
	struct bm_limits limits;
	struct bm_access_identity identity;
	struct bm_env *env;
	struct bm_transport *transport;
	struct bm_net *net;
	struct bm_element *elements;
	struct bm_model **models;   /* in order of elements */
	struct bm_capture *capture; /* NULL: answers go to the air */
	/* carved per model position: bindings and subscriptions */
	uint16_t *bindings;
	uint16_t *subscriptions;
	uint8_t *subscription_labels;
	struct bm_reply *replies;
	uint8_t *payloads;                          /* theirs */
	struct bm_publisher *publishers;            /* one a model position */
	const struct bm_requests_ops *requests_ops; /* while requests wait */
	struct bm_waiting *requests;                /* acknowledged messages that wait for their status */
};

void bm_access_carve(struct bm_access *access, const struct bm_limits *limits, struct bm_arena *arena);
void bm_access_init(struct bm_access *access, struct bm_env *env, const struct bm_limits *limits, struct bm_net *net,
		    struct bm_transport *transport, const struct bm_access_identity *identity, uint8_t default_ttl);
BM_MUST_USE enum bm_err bm_access_add_element(struct bm_access *access, uint16_t location, uint8_t *index);
BM_MUST_USE enum bm_err bm_access_add_model(struct bm_access *access, uint8_t element, struct bm_model *model);
void bm_access_start(struct bm_access *access);
/* Bindings, subscriptions, publications and waiting answers go; features are as at first; models are told. */
void bm_access_reset(struct bm_access *access);

/* The Default TTL state: 0, or 2 to 127. */
void bm_access_set_default_ttl(struct bm_access *access, uint8_t ttl);

/* For bm_net_upper.accepts: our unicast addresses, subscribed addresses, the fixed groups that our features take. */
bool bm_access_accepts(const struct bm_access *access, uint16_t dst);
/* The bit of an opcode in a model's opcode_filter: opcodes of one kind are numbered closely, so their low bits tell
 * them apart, and those of different kinds differ in the octets above. */
static inline uint32_t bm_access_opcode_bit(uint32_t opcode)
{
	return UINT32_C(1) << ((opcode ^ opcode >> 8 ^ opcode >> 16) & 31);
}
/*
 * Delivers a message that came within another one, received as rx says, to the models of one element; what they answer
 * at once goes to capture. BM_OK; BM_ERR_AUTH: a model takes the opcode, but not under this key; BM_ERR_NOT_FOUND: no
 * model takes it; BM_ERR_PROHIBITED: malformed.
 */
BM_MUST_USE enum bm_err bm_access_deliver_item(struct bm_access *access, uint8_t element, const struct bm_rx *rx,
					       const uint8_t *payload, size_t len, struct bm_capture *capture);
/* For bm_transport_upper.access. */
void bm_access_receive(struct bm_access *access, const struct bm_transport_rx *rx, const uint8_t *payload, size_t len);

/* The element at a unicast address of ours, or −1. */
int bm_access_element_at(const struct bm_access *access, uint16_t addr);
struct bm_model *bm_access_find_model(const struct bm_access *access, uint8_t element, const struct bm_model_id *id);

BM_MUST_USE enum bm_err bm_access_bind(struct bm_access *access, struct bm_model *model, uint16_t app_idx);
BM_MUST_USE enum bm_err bm_access_unbind(struct bm_access *access, struct bm_model *model, uint16_t app_idx);
/* An AppKey goes: so do its bindings and the publications that use it. */
void bm_access_forget_app_key(struct bm_access *access, uint16_t app_idx);
/* addr: a group address, or with a label a virtual one. BM_ERR_NO_SPACE, BM_ERR_INVALID. Twice is fine. */
BM_MUST_USE enum bm_err bm_access_subscribe(struct bm_access *access, struct bm_model *model, uint16_t addr,
					    const uint8_t *label);
/* Instead of all the subscriptions there are; on an error these stay. */
BM_MUST_USE enum bm_err bm_access_overwrite_subscriptions(struct bm_access *access, struct bm_model *model,
							  uint16_t addr, const uint8_t *label);
BM_MUST_USE enum bm_err bm_access_unsubscribe(struct bm_access *access, struct bm_model *model, uint16_t addr,
					      const uint8_t *label);
void bm_access_unsubscribe_all(struct bm_access *access, struct bm_model *model);
/* Is the model subscribed to this group address, or to the virtual address of this very label? */
bool bm_access_is_subscribed(const struct bm_access *access, const struct bm_model *model, uint16_t dst,
			     const uint8_t *label);
/* Does the node take this fixed group address with its features? */
bool bm_access_takes_fixed_group(const struct bm_access *access, uint16_t dst);

/* Replaces the model's publication state and counts the label it uses. label: for a virtual address, else NULL. */
BM_MUST_USE enum bm_err bm_access_set_publication(struct bm_access *access, struct bm_model *model,
						  const struct bm_publication *publication, const uint8_t *label);

/* The position of the model at whose place this model's subscription list stands: its own, or that of the one it
 * extends. */
uint16_t bm_access_list_owner(const struct bm_access *access, const struct bm_model *model);
/* As it was stored; before bm_access_start, from which on it is published. */
BM_MUST_USE enum bm_err bm_access_restore_publication(struct bm_access *access, struct bm_model *model,
						      const struct bm_publication *publication, const uint8_t *label);

/* Composition Data Page 0 (MshPRT 4.2.1.1) of this node. */
/* The page that a Get is answered with: the highest there is that is not above the one asked for (MshPRT 4.4.1.2.2). */
uint8_t bm_access_composition_page_of(const struct bm_access *access, uint8_t asked);
/* Writes up to room octets of a page that there is, from offset on; how long the whole page is. Likewise the metadata
 * of the models. */
size_t bm_access_put_composition(const struct bm_access *access, uint8_t page, size_t offset, size_t room,
				 struct bm_writer *w);
/* Of a page that may be longer than limit the octets up to the end of the last element that fits. */
size_t bm_access_whole_composition(const struct bm_access *access, uint8_t page, size_t limit);
size_t bm_access_put_metadata(const struct bm_access *access, uint8_t page, size_t offset, size_t room,
			      struct bm_writer *w);
BM_MUST_USE enum bm_err bm_access_composition_page0(const struct bm_access *access, uint8_t *out, size_t capacity,
						    size_t *len);

#endif
