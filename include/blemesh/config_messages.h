/*
 * Every message of the Configuration Client by its name, and every status as a struct (MshPRT 4.3.2, 4.4.2).
 *
 * All functions here send one acknowledged message as bm_config_request does (blemesh/config.h), with its errors, and
 * have these parameters in common:
 *
 *   node     the configuring node; limits.config_requests > 0, else BM_ERR_NOT_SUPPORTED
 *   net_idx  the subnet to send in
 *   dst      the primary element of the node to configure, whose device key is held; it may be node itself
 *   done     told once, with ctx, within 20 seconds; what it is told, bm_config_answer_read makes a struct of
 *   now      the time
 *
 * BM_ERR_INVALID: a parameter is out of the range said; nothing is sent. What is pointed to is copied.
 * bm_config_composition_get, bm_config_app_key_add and bm_config_model_app_bind are in blemesh/config.h.
 */
#ifndef BLEMESH_CONFIG_MESSAGES_H
#define BLEMESH_CONFIG_MESSAGES_H

#include "blemesh/config.h"
#include "blemesh/config_opcodes.h"

/* The state of a feature, or of Node Identity (MshPRT 4.2.8 to 4.2.14). */
enum bm_config_feature {
	BM_CONFIG_FEATURE_OFF = 0,
	BM_CONFIG_FEATURE_ON = 1,
	BM_CONFIG_FEATURE_ABSENT = 2, /* the node does not have it */
};

/* How often a Network PDU is sent (MshPRT 4.2.20, 4.2.21). */
struct bm_config_transmit {
	uint8_t count;        /* after the first time: 0 to 7 */
	uint16_t interval_ms; /* between two of them: 10 to 320, in steps of 10 */
};

/* A model's publication (MshPRT 4.2.2). */
struct bm_config_publication {
	uint16_t addr;        /* BM_ADDR_UNASSIGNED: it does not publish, and the rest is 0 */
	const uint8_t *label; /* set: 16 octets, a virtual address, and addr is ignored; NULL: none. Not in answers */
	uint16_t app_idx;
	bool friendship_credentials; /* of a low power node */
	uint8_t ttl;                 /* 0 to 127, or BM_TTL_DEFAULT: the node's */
	/* 0: on change alone. Up to 37800000 (10.5 h): at most 63 steps of 100 ms, 1 s, 10 s or 10 min. */
	uint32_t period_ms;
	uint8_t retransmit_count;        /* after the first time: 0 to 7 */
	uint16_t retransmit_interval_ms; /* between two of them: 50 to 1600, in steps of 50; set 0: 50 */
};

/* Logarithms: 2^(log - 1), and 0 for nothing (MshPRT 4.1.2). */
struct bm_config_heartbeat_publication {
	uint16_t dst;       /* unicast or group address; BM_ADDR_UNASSIGNED: none are sent */
	uint8_t count_log;  /* how many more: 0 to 0x11; 0xff: for ever */
	uint8_t period_log; /* seconds between two: 0 to 0x11 */
	uint8_t ttl;        /* 0 to 127 */
	uint16_t features;  /* BM_FEATURE_*: one is sent when any of these changes */
	uint16_t net_idx;
};

/* NetKey or AppKey indexes, for bm_config_next_index. */
struct bm_config_indexes {
	struct bm_reader octets; /* in the message */
	bool has_second;
	uint16_t second;
};

/* What answers. Members without a comment are as in the functions below. */
struct bm_config_answer {
	enum bm_config_opcode opcode; /* of the status message: says which member of the union is meant */
	enum bm_config_status status; /* BM_CONFIG_SUCCESS in messages that carry none */
	union {
		struct {
			uint8_t page;
			const uint8_t *data; /* in the message: for bm_composition_read if page is 0 */
			size_t len;
		} composition; /* COMPOSITION_DATA_STATUS */
		bool beacon;
		uint8_t default_ttl;
		enum bm_config_feature feature; /* FRIEND_STATUS, GATT_PROXY_STATUS */
		struct {
			enum bm_config_feature feature;
			struct bm_config_transmit retransmit;
		} relay;
		struct bm_config_transmit network_transmit;
		struct {
			uint16_t lpn_addr;
			uint32_t poll_timeout_ms; /* 0: it is no friend of that node */
		} poll_timeout;
		struct {
			uint16_t net_idx, app_idx; /* app_idx: APP_KEY_STATUS alone */
			uint8_t phase;             /* KEY_REFRESH_PHASE_STATUS: 0 (normal), 1 or 2 */
			enum bm_config_feature identity;
			struct bm_config_indexes indexes; /* NET_KEY_LIST, APP_KEY_LIST */
		} key; /* NET_KEY_…, APP_KEY_…, KEY_REFRESH_PHASE_STATUS, NODE_IDENTITY_STATUS */
		struct {
			uint16_t element_addr;
			struct bm_model_id id;
			uint16_t app_idx; /* MODEL_APP_STATUS */
			uint16_t addr;    /* MODEL_SUBSCRIPTION_STATUS; of a label its virtual address */
			struct bm_config_indexes indexes; /* …_MODEL_APP_LIST */
			struct bm_reader addrs;           /* …_MODEL_SUBSCRIPTION_LIST: for bm_config_next_addr */
			struct bm_config_publication publication; /* MODEL_PUBLICATION_STATUS */
		} model;
		struct bm_config_heartbeat_publication heartbeat_publication;
		struct {
			uint16_t src, dst;
			uint8_t period_log;         /* seconds left, 0 to 0x11 */
			uint8_t count_log;          /* heard so far; 0xff: more than 0xfffe */
			uint8_t min_hops, max_hops; /* 0 to 127 */
		} heartbeat_subscription;
	};
};

/* Reads what done was told; the answer points into params. BM_ERR_INVALID: that opcode is no status of the
 * Configuration models. BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG. BM_ERR_PROHIBITED: a value that no node may send. */
BM_MUST_USE enum bm_err bm_config_answer_read(uint32_t opcode, const uint8_t *params, size_t len,
					      struct bm_config_answer *answer);
/* The next NetKey or AppKey index of a list, which it moves on. BM_ERR_NOT_FOUND after the last one. */
BM_MUST_USE enum bm_err bm_config_next_index(struct bm_config_indexes *list, uint16_t *index);
/* The next address of a subscription list, which it moves on. BM_ERR_NOT_FOUND after the last one. */
BM_MUST_USE enum bm_err bm_config_next_addr(struct bm_reader *list, uint16_t *addr);

/*
 * The node itself (MshPRT 4.3.2.1 to 4.3.2.14, 4.3.2.53 to 4.3.2.57, 4.3.2.67 to 4.3.2.71).
 */

/* Asks for the Secure Network Beacon state; Config Beacon Status answers each of the two. */
BM_MUST_USE enum bm_err bm_config_beacon_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					     void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_beacon_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, bool on,
					     bm_config_done done, void *ctx, bm_time now);
/* Config Default TTL Status answers. ttl: 0, or 2 to 127. */
BM_MUST_USE enum bm_err bm_config_default_ttl_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						  bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_default_ttl_set(struct bm_node *node, uint16_t net_idx, uint16_t dst, uint8_t ttl,
						  bm_config_done done, void *ctx, bm_time now);
/* Friend, GATT Proxy and Node Identity: enum bm_config_feature; a Set cannot ask for BM_CONFIG_FEATURE_ABSENT. */
BM_MUST_USE enum bm_err bm_config_friend_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					     void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_friend_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					     enum bm_config_feature state, bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_gatt_proxy_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_gatt_proxy_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 enum bm_config_feature state, bm_config_done done, void *ctx,
						 bm_time now);
/* Config Relay Status answers: the feature, and how often what is relayed is sent. */
BM_MUST_USE enum bm_err bm_config_relay_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					    void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_relay_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					    enum bm_config_feature state, const struct bm_config_transmit *retransmit,
					    bm_config_done done, void *ctx, bm_time now);
/* How often the node sends each Network PDU of its own. */
BM_MUST_USE enum bm_err bm_config_network_transmit_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						       bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_network_transmit_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						       const struct bm_config_transmit *transmit, bm_config_done done,
						       void *ctx, bm_time now);
/* Asks a friend for the PollTimeout of its low power node at lpn_addr, a unicast address. */
BM_MUST_USE enum bm_err bm_config_poll_timeout_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						   uint16_t lpn_addr, bm_config_done done, void *ctx, bm_time now);
/* The node forgets its network. Config Node Reset Status answers; bm_node_remove_dev_key is up to the caller. */
BM_MUST_USE enum bm_err bm_config_node_reset(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					     void *ctx, bm_time now);

/*
 * NetKeys, and what is held for each of them. An index is of 0 to BM_KEY_INDEX_MAX, a key of 16 octets (MshPRT
 * 4.3.2.31 to 4.3.2.36, 4.3.2.43 to 4.3.2.45, 4.3.2.58 to 4.3.2.60).
 */

/* Config NetKey Status answers the first three, Config NetKey List the last. */
BM_MUST_USE enum bm_err bm_config_net_key_add(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					      uint16_t key_net_idx, const uint8_t key[16], bm_config_done done,
					      void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_net_key_update(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 uint16_t key_net_idx, const uint8_t key[16], bm_config_done done,
						 void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_net_key_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 uint16_t key_net_idx, bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_net_key_get(struct bm_node *node, uint16_t net_idx, uint16_t dst, bm_config_done done,
					      void *ctx, bm_time now);
/* Config Key Refresh Phase Status answers. transition: 2 (use the new keys) or 3 (forget the old ones). */
BM_MUST_USE enum bm_err bm_config_key_refresh_phase_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							uint16_t key_net_idx, bm_config_done done, void *ctx,
							bm_time now);
BM_MUST_USE enum bm_err bm_config_key_refresh_phase_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							uint16_t key_net_idx, uint8_t transition, bm_config_done done,
							void *ctx, bm_time now);
/* Is the node advertising with its Node Identity in this subnet? */
BM_MUST_USE enum bm_err bm_config_node_identity_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						    uint16_t key_net_idx, bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_node_identity_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						    uint16_t key_net_idx, enum bm_config_feature state,
						    bm_config_done done, void *ctx, bm_time now);

/*
 * AppKeys, beside bm_config_app_key_add. Config AppKey Status answers but the last, Config AppKey List that one
 * (MshPRT 4.3.2.37 to 4.3.2.42).
 */

BM_MUST_USE enum bm_err bm_config_app_key_update(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 uint16_t key_net_idx, uint16_t app_idx, const uint8_t key[16],
						 bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_app_key_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						 uint16_t key_net_idx, uint16_t app_idx, bm_config_done done, void *ctx,
						 bm_time now);
BM_MUST_USE enum bm_err bm_config_app_key_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
					      uint16_t key_net_idx, bm_config_done done, void *ctx, bm_time now);

/*
 * Bindings, beside bm_config_model_app_bind. element_addr: of the element that has the model, a unicast address
 * (MshPRT 4.3.2.46 to 4.3.2.52).
 */

/* Config Model App Status answers. */
BM_MUST_USE enum bm_err bm_config_model_app_unbind(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						   uint16_t element_addr, uint16_t app_idx,
						   const struct bm_model_id *model, bm_config_done done, void *ctx,
						   bm_time now);
/* The AppKeys that a model is bound to: Config SIG (or Vendor) Model App List. */
BM_MUST_USE enum bm_err bm_config_model_app_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						uint16_t element_addr, const struct bm_model_id *model,
						bm_config_done done, void *ctx, bm_time now);

/*
 * Publication (MshPRT 4.3.2.15 to 4.3.2.18). Config Model Publication Status answers.
 */

BM_MUST_USE enum bm_err bm_config_publication_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						  uint16_t element_addr, const struct bm_model_id *model,
						  bm_config_done done, void *ctx, bm_time now);
/* With a label this is Config Model Publication Virtual Address Set. */
BM_MUST_USE enum bm_err bm_config_publication_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						  uint16_t element_addr, const struct bm_model_id *model,
						  const struct bm_config_publication *publication, bm_config_done done,
						  void *ctx, bm_time now);

/*
 * Subscriptions (MshPRT 4.3.2.19 to 4.3.2.30). addr: a group address; label: 16 octets, a virtual address. Config
 * Model Subscription Status answers but for the last.
 */

BM_MUST_USE enum bm_err bm_config_subscription_add(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						   uint16_t element_addr, uint16_t addr,
						   const struct bm_model_id *model, bm_config_done done, void *ctx,
						   bm_time now);
BM_MUST_USE enum bm_err bm_config_subscription_label_add(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							 uint16_t element_addr, const uint8_t label[16],
							 const struct bm_model_id *model, bm_config_done done,
							 void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_subscription_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						      uint16_t element_addr, uint16_t addr,
						      const struct bm_model_id *model, bm_config_done done, void *ctx,
						      bm_time now);
BM_MUST_USE enum bm_err bm_config_subscription_label_delete(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							    uint16_t element_addr, const uint8_t label[16],
							    const struct bm_model_id *model, bm_config_done done,
							    void *ctx, bm_time now);
/* Drops all other addresses of the model. */
BM_MUST_USE enum bm_err bm_config_subscription_overwrite(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							 uint16_t element_addr, uint16_t addr,
							 const struct bm_model_id *model, bm_config_done done,
							 void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_subscription_label_overwrite(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							       uint16_t element_addr, const uint8_t label[16],
							       const struct bm_model_id *model, bm_config_done done,
							       void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_subscription_delete_all(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							  uint16_t element_addr, const struct bm_model_id *model,
							  bm_config_done done, void *ctx, bm_time now);
/* The addresses of a model: Config SIG (or Vendor) Model Subscription List. */
BM_MUST_USE enum bm_err bm_config_subscription_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
						   uint16_t element_addr, const struct bm_model_id *model,
						   bm_config_done done, void *ctx, bm_time now);

/*
 * Heartbeats (MshPRT 4.3.2.61 to 4.3.2.66). Config Heartbeat Publication (or Subscription) Status answers.
 */

BM_MUST_USE enum bm_err bm_config_heartbeat_publication_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							    bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_heartbeat_publication_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							    const struct bm_config_heartbeat_publication *publication,
							    bm_config_done done, void *ctx, bm_time now);
BM_MUST_USE enum bm_err bm_config_heartbeat_subscription_get(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							     bm_config_done done, void *ctx, bm_time now);
/* src: a unicast address; dst: a group address or that of the primary element; 0 in either ends it. period_log: 0 to
 * 0x11, for 2^(period_log - 1) seconds. */
BM_MUST_USE enum bm_err bm_config_heartbeat_subscription_set(struct bm_node *node, uint16_t net_idx, uint16_t dst,
							     uint16_t src, uint16_t dst_heard, uint8_t period_log,
							     bm_config_done done, void *ctx, bm_time now);

#endif
