/*
 * Acknowledged messages (MshPRT 3.7.4.1): sent, repeated with a growing pause until the status that answers arrives or
 * the time is over, and told once.
 *
 * The client model's own handler is called as for any status, just before done. A request is the caller's memory and
 * must stay where it is until done.
 */
#ifndef BLEMESH_REQUEST_H
#define BLEMESH_REQUEST_H

#include "blemesh/base.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

/* The longest request: opcode and parameters, octets. */
#define BM_REQUEST_MAX 96u
/* How long an answer is waited for unless told otherwise, microseconds. */
#define BM_REQUEST_TIMEOUT_US (5u * BM_US_PER_S)

/* The caller's memory; what is in it is the library's. */
struct bm_request {
	_Alignas(8) uint8_t opaque[320];
};

/* BM_OK: answered. BM_ERR_TIMEOUT: nobody answered in time. BM_ERR_CANCELLED: bm_request_cancel or a node reset.
 * Others as bm_model_send, when it could not be sent again. The request may be used again from within. */
typedef void (*bm_request_done)(void *ctx, enum bm_err result, bm_time now);

/* Before the first use of the memory. */
void bm_request_init(struct bm_request *request);

/*
 * Sends payload (1 to BM_REQUEST_MAX octets, copied) from model to a unicast address and waits for status_opcode from
 * there. A request to set something carries its transaction identifier in the payload: repeated, it stays the same.
 * timeout_us 0: BM_REQUEST_TIMEOUT_US. tx->done is not used.
 *
 * BM_ERR_STATE: the request is waiting already. BM_ERR_INVALID: no unicast address, or the length. Others as
 * bm_model_send; then done is not called.
 */
BM_MUST_USE enum bm_err bm_request_send(struct bm_request *request, struct bm_model *model, const struct bm_tx *tx,
					const uint8_t *payload, size_t len, uint32_t status_opcode, uint64_t timeout_us,
					bm_request_done done, void *ctx, bm_time now);
/*
 * The same for what a ready-made client sends: bm_onoff_client_set and the like with tx->ask set call bm_request_send
 * with these. Copied.
 */
struct bm_ask {
	struct bm_request *request;
	uint32_t status_opcode;
	uint64_t timeout_us; /* 0: BM_REQUEST_TIMEOUT_US */
	/* Whether the status that the model's handler just had is the answer, where the opcode alone does not tell (a
	 * Sensor Status of another property). NULL: it is. */
	bool (*is_answer)(void *ctx);
	bm_request_done done;
	void *ctx;
};

/* Gives up: done is called with BM_ERR_CANCELLED. Nothing happens if the request does not wait. */
void bm_request_cancel(struct bm_request *request);
bool bm_request_is_waiting(const struct bm_request *request);
/* Does a request of this model wait for this status from there? For handlers that tell answers from other statuses. */
bool bm_request_expects(const struct bm_model *model, uint16_t src, uint32_t status_opcode);

#endif
