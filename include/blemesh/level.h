/*
 * Generic Level Server and Client (MshMDL 3.1.2, 3.3.2, 3.4.2): a signed number that is set, changed by a difference,
 * or kept moving, at once or over a time.
 */
#ifndef BLEMESH_LEVEL_H
#define BLEMESH_LEVEL_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

struct bm_default_transition_time_server;
struct bm_onoff_server;

/* Opcodes (MshMDL 7.1). */
#define BM_OP_LEVEL_GET 0x8205u
#define BM_OP_LEVEL_SET 0x8206u
#define BM_OP_LEVEL_SET_UNACK 0x8207u
#define BM_OP_LEVEL_STATUS 0x8208u
#define BM_OP_LEVEL_DELTA_SET 0x8209u
#define BM_OP_LEVEL_DELTA_SET_UNACK 0x820au
#define BM_OP_LEVEL_MOVE_SET 0x820bu
#define BM_OP_LEVEL_MOVE_SET_UNACK 0x820cu

/* The range of a Generic Level state (MshMDL 3.1.2). */
#define BM_LEVEL_MIN INT16_MIN
#define BM_LEVEL_MAX INT16_MAX

struct bm_level_server {
	struct bm_model model; /* with persist set: after a power cut the level is where it was, or was going */
	int16_t present;       /* as last told; bm_level_server_present computes it for any moment */
	int16_t target;        /* of a Move: the end of the range; at rest the present level */
	_Alignas(max_align_t) uint8_t opaque[384]; /* transition, last transactions, binding */
	/*
	 * The present level, told when a Set's target is reached (also where it was reached already), and on the way
	 * there while it changes, at most every 100 ms. rx is NULL unless a Set took effect at once; opcode is that of
	 * the message that began the change, or 0 if a bound state did. May be NULL.
	 */
	void (*on_change)(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx, bm_time now);
	void *ctx;
};

/* Makes a server in that state; then bm_node_add_model takes server->model. The callback may be NULL. */
void bm_level_server_init(struct bm_level_server *server, int16_t initial,
			  void (*on_change)(void *ctx, int16_t present, uint32_t opcode, const struct bm_rx *rx,
					    bm_time now),
			  void *ctx);
/* A Set without a transition time takes that of the element's Default Transition Time Server. NULL: at once. */
void bm_level_server_use_default_transition_time(struct bm_level_server *server,
						 const struct bm_default_transition_time_server *default_time);
/*
 * Binds the element's OnOff state, as MshMDL 6.1.2.2 binds it to a lightness: On while the level is above BM_LEVEL_MIN.
 * Off sets the level to BM_LEVEL_MIN; On sets it to where it last rested above, or BM_LEVEL_MAX if it never did. Bound
 * states follow at once, without a transition of their own; the follower's on_change is called with opcode 0 and no rx.
 * Call it once, before the node starts; the OnOff state becomes what the level says.
 */
void bm_level_server_bind_onoff(struct bm_level_server *server, struct bm_onoff_server *onoff);
/* Sets the level at once (ends a transition). on_change is not called: the caller knows. Publishes if configured. */
void bm_level_server_set(struct bm_level_server *server, int16_t present, bm_time now);
/* The level at a moment, however long ago the node last ran. */
int16_t bm_level_server_present(struct bm_level_server *server, bm_time now);
/* Sends Generic Level Status. */
BM_MUST_USE enum bm_err bm_level_server_status(struct bm_level_server *server, const struct bm_tx *tx, bm_time now);

struct bm_level_status {
	int16_t present;
	bool has_target;
	int16_t target;
	uint8_t remaining; /* as on the wire */
};

struct bm_level_client {
	struct bm_model model;
	uint8_t tid; /* of the next transaction */
	void (*on_status)(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx);
	void *ctx;
};

/* How a Set goes out. */
struct bm_level_how {
	bool ack;            /* Set, or Set Unacknowledged */
	bool same_tid;       /* goes on with the last transaction: a Delta Set that replaces the last one */
	uint8_t transition;  /* as on the wire, or 0xff for none in the message */
	uint8_t delay_steps; /* of 5 ms; sent only with a transition */
};

/* Makes a client; then bm_node_add_model takes client->model. The callback may be NULL. */
void bm_level_client_init(struct bm_level_client *client,
			  void (*on_status)(void *ctx, const struct bm_level_status *status, const struct bm_rx *rx),
			  void *ctx);
/* Errors as of bm_model_send; BM_ERR_INVALID also for a transition of 0x3f steps other than 0xff. */
BM_MUST_USE enum bm_err bm_level_client_get(struct bm_level_client *client, const struct bm_tx *tx, bm_time now);
BM_MUST_USE enum bm_err bm_level_client_set(struct bm_level_client *client, const struct bm_tx *tx, int16_t level,
					    const struct bm_level_how *how, bm_time now);
/* delta: from the level at the transaction's start. */
BM_MUST_USE enum bm_err bm_level_client_delta(struct bm_level_client *client, const struct bm_tx *tx, int32_t delta,
					      const struct bm_level_how *how, bm_time now);
/* delta: per transition time, until stopped (delta 0) or at the range's end. */
BM_MUST_USE enum bm_err bm_level_client_move(struct bm_level_client *client, const struct bm_tx *tx, int16_t delta,
					     const struct bm_level_how *how, bm_time now);

#endif
