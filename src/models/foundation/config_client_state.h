/*
 * A request of the Configuration Client, for config_client.c and whoever measures it.
 */
#ifndef BM_MODELS_CONFIG_CLIENT_STATE_H
#define BM_MODELS_CONFIG_CLIENT_STATE_H

#include "models/foundation/config_client.h"

#define BM_CONFIG_REQUEST_MAX BM_ACCESS_MAX /* opcode and parameters */

struct bm_config_answer;

enum bm_config_request_state { REQUEST_FREE, REQUEST_WAITING, REQUEST_DRAINING };

struct bm_config_client_request {
	struct bm_config_client *client;
	enum bm_config_request_state state;
	bool sending; /* the transport has it and has not told done */
	uint16_t net_idx, dst;
	uint32_t opcode;
	const struct bm_config_answer *answer;
	struct bm_timer timer; /* the next repetition or the time-out */
	bm_time deadline;
	uint64_t pause_us;
	bm_config_done done;
	void *ctx;
	uint16_t len; /* of the payload: opcode and parameters */
	uint8_t opcode_len;
	uint8_t payload[BM_CONFIG_REQUEST_MAX];
};

#endif
