/*
 * Generic Default Transition Time Server and Client (MshMDL 3.1.3, 3.3.3, 3.4.3): how long the states of an element
 * take to change when a Set does not say.
 *
 * A transition time is one octet, as on the wire: bits 0–5 the number of steps (0: at once; 0x3f is prohibited), bits
 * 6–7 the step: 100 ms, 1 s, 10 s, 10 min.
 */
#ifndef BLEMESH_DEFAULT_TRANSITION_TIME_H
#define BLEMESH_DEFAULT_TRANSITION_TIME_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

/* Opcodes (MshMDL 7.1). */
#define BM_OP_DEFAULT_TRANSITION_TIME_GET 0x820du
#define BM_OP_DEFAULT_TRANSITION_TIME_SET 0x820eu
#define BM_OP_DEFAULT_TRANSITION_TIME_SET_UNACK 0x820fu
#define BM_OP_DEFAULT_TRANSITION_TIME_STATUS 0x8210u

struct bm_default_transition_time_server {
	struct bm_model model;
	uint8_t transition; /* read only; never with 0x3f steps */
	/* A Set came, to another value or the same. May be NULL. */
	void (*on_change)(void *ctx, uint8_t transition, const struct bm_rx *rx, bm_time now);
	void *ctx;
};

/* The state is 0 (at once) until set. Tie the element's servers to it: bm_onoff_server_use_default_transition_time and
 * bm_level_server_use_default_transition_time. */
void bm_default_transition_time_server_init(struct bm_default_transition_time_server *server,
					    void (*on_change)(void *ctx, uint8_t transition, const struct bm_rx *rx,
							      bm_time now),
					    void *ctx);
/* Publishes if it is a change and publication is configured; on_change is not called. BM_ERR_INVALID: 0x3f steps. */
BM_MUST_USE enum bm_err bm_default_transition_time_server_set(struct bm_default_transition_time_server *server,
							      uint8_t transition, bm_time now);

/* The client; the caller's memory for the node's life. on_status may be NULL. */
struct bm_default_transition_time_client {
	struct bm_model model;
	void (*on_status)(void *ctx, uint8_t transition, const struct bm_rx *rx);
	void *ctx;
};

/* Makes a client; then bm_node_add_model takes client->model. */
void bm_default_transition_time_client_init(struct bm_default_transition_time_client *client,
					    void (*on_status)(void *ctx, uint8_t transition, const struct bm_rx *rx),
					    void *ctx);
/* Errors as of bm_model_send. */
BM_MUST_USE enum bm_err bm_default_transition_time_client_get(struct bm_default_transition_time_client *client,
							      const struct bm_tx *tx, bm_time now);
/* ack chooses Set or Set Unacknowledged. BM_ERR_INVALID: 0x3f steps. */
BM_MUST_USE enum bm_err bm_default_transition_time_client_set(struct bm_default_transition_time_client *client,
							      const struct bm_tx *tx, uint8_t transition, bool ack,
							      bm_time now);

#endif
