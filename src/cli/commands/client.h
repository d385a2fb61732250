/*
 * A running node that asks: for commands that send messages one after another and wait for what comes back. It is a
 * session (network/session.h) behind calls that return when the answer is there, the time is over or Ctrl-C came.
 */
#ifndef BM_CLI_COMMANDS_CLIENT_H
#define BM_CLI_COMMANDS_CLIENT_H

#include "blemesh/request.h"
#include "cli/commands/options.h"
#include "cli/network/session.h"

struct bm_client;

struct bm_answered {
	uint8_t payload[BM_ACCESS_MAX]; /* opcode and parameters */
	size_t len, opcode_len;
	uint16_t src;
	uint64_t after_us; /* since it was asked for */
};

/* Called for what comes; true: that was all, the listening ends. */
typedef bool (*bm_client_heard)(void *ctx, const struct bm_rx *rx, const struct bm_answered *answered);

/* NULL: it was told why. */
struct bm_client *bm_client_open(const struct bm_options *options, struct bm_network *network);
/* What was sent last still goes out. NULL is ignored. */
void bm_client_close(struct bm_client *client);
struct bm_session *bm_client_session(struct bm_client *client);

/*
 * Several who ask side by side share a session: each has a client of its own beside the one that was opened, and may
 * call bm_client_config and bm_client_request with it. Instead of running the session these call wait until they are
 * done; meanwhile bm_client_run runs it for all. NULL: out of memory. It is freed with the one it is beside.
 */
struct bm_client *bm_client_beside(struct bm_client *client, void (*wait)(void *ctx), void *ctx);
/* Until one of those beside is done. False: interrupted, and so are they; it was told. */
bool bm_client_run(struct bm_client *client);

/*
 * Each returns BM_OK with the answer, BM_ERR_TIMEOUT, BM_ERR_CANCELLED (Ctrl-C, or the network's file failed; it was
 * told), or why it could not be sent (BM_ERR_NO_KEY, …).
 *
 * config: a Configuration message under the node's device key, which is repeated until answered. 0: 10 s.
 */
BM_MUST_USE enum bm_err bm_client_config(struct bm_client *client, uint16_t net_idx, uint16_t dst,
					 const uint8_t *payload, size_t len, uint64_t timeout_us,
					 struct bm_answered *answered);
/* An acknowledged message of another model to a unicast address, repeated until its status is back. */
BM_MUST_USE enum bm_err bm_client_request(struct bm_client *client, const struct bm_tx *tx, const uint8_t *payload,
					  size_t len, uint32_t status_opcode, uint64_t timeout_us,
					  struct bm_answered *answered);
/* A message that is not answered: out when it returns. */
BM_MUST_USE enum bm_err bm_client_send(struct bm_client *client, const struct bm_tx *tx, const uint8_t *payload,
				       size_t len);
/* Hears whatever comes for so long, or until heard says that was all: BM_OK; BM_ERR_TIMEOUT; BM_ERR_CANCELLED. */
BM_MUST_USE enum bm_err bm_client_listen(struct bm_client *client, uint64_t for_us, bm_client_heard heard, void *ctx);

#endif
