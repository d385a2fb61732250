/*
 * Generic OnOff Server and Client (MshMDL 3.1.1, 3.3.1, 3.4.1).
 */
#ifndef BLEMESH_ONOFF_H
#define BLEMESH_ONOFF_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

struct bm_default_transition_time_server;

/* Opcodes (MshMDL 7.1). */
#define BM_OP_ONOFF_GET 0x8201u
#define BM_OP_ONOFF_SET 0x8202u
#define BM_OP_ONOFF_SET_UNACK 0x8203u
#define BM_OP_ONOFF_STATUS 0x8204u

struct bm_onoff_server {
	struct bm_model model; /* with persist set: after a power cut the state is where it was, or was going */
	bool present;
	bool target;
	_Alignas(max_align_t) uint8_t opaque[256]; /* transition, last transactions, binding */
	/* The present state changed, or was set to what it was (changed false). rx is NULL when set locally or at a
	 * transition's end (then opcode is that of the message that began it), or when a state bound to this one
	 * changed (opcode 0). May be NULL. */
	void (*on_change)(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx, bm_time now);
	void *ctx;
};

/* Makes a server in that state; then bm_node_add_model takes server->model. The callback may be NULL. */
void bm_onoff_server_init(struct bm_onoff_server *server, bool initial,
			  void (*on_change)(void *ctx, bool present, uint32_t opcode, const struct bm_rx *rx,
					    bm_time now),
			  void *ctx);
/* A Set without a transition time takes that of the element's Default Transition Time Server. NULL: at once. */
void bm_onoff_server_use_default_transition_time(struct bm_onoff_server *server,
						 const struct bm_default_transition_time_server *default_time);
/* Sets the state at once (ends a transition). on_change is not called: the caller knows. Publishes if configured. */
void bm_onoff_server_set(struct bm_onoff_server *server, bool present, bm_time now);
/* Sends Generic OnOff Status. */
BM_MUST_USE enum bm_err bm_onoff_server_status(struct bm_onoff_server *server, const struct bm_tx *tx, bm_time now);

struct bm_onoff_status {
	bool present;
	bool has_target;
	bool target;
	uint8_t remaining; /* as on the wire */
};

/* The client; the caller's memory for the node's life. */
struct bm_onoff_client {
	struct bm_model model;
	uint8_t tid;
	void (*on_status)(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx);
	void *ctx;
};

/* Makes a client; then bm_node_add_model takes client->model. The callback may be NULL. */
void bm_onoff_client_init(struct bm_onoff_client *client,
			  void (*on_status)(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx),
			  void *ctx);
/* Asks for the state; errors as of bm_model_send. */
BM_MUST_USE enum bm_err bm_onoff_client_get(struct bm_onoff_client *client, const struct bm_tx *tx, bm_time now);
/* transition: as on the wire, or 0xff for none in the message; delay in steps of 5 ms, sent only with a transition.
 * ack chooses Set or Set Unacknowledged. A new TID each call. */
BM_MUST_USE enum bm_err bm_onoff_client_set(struct bm_onoff_client *client, const struct bm_tx *tx, bool on, bool ack,
					    uint8_t transition, uint8_t delay_steps, bm_time now);

#endif
