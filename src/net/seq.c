/*
 * Sequence numbers (MshPRT 3.9.4): never used twice under one IV index, not even over a power cut. A block of them is
 * stored as used before the first one is; exhausted ones never wrap.
 */
#include "blemesh/bytes.h"
#include "net/net_state.h"

#define SEQ_END (BM_SEQ_MAX + 1)
#define STORED_LEN 8u

/* The first number not reserved, then the IV index it belongs to. */
static enum bm_err store(struct bm_net *net, uint32_t reserved)
{
	uint8_t octets[STORED_LEN];
	size_t len;
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_put_be32(&w, reserved);
	bm_put_be32(&w, bm_iv_tx(&net->iv));
	if (bm_writer_finish(&w, &len))
		return BM_ERR_STORE;
	return bm_env_store(net->env, BM_STORE_SEQ, 0, octets, len) ? BM_ERR_STORE : BM_OK;
}

void bm_net_seq_start(struct bm_net *net, uint32_t first)
{
	net->seq = first;
	net->seq_reserved = first;
}

enum bm_err bm_net_seq_restore(struct bm_net *net, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	const uint32_t reserved = bm_read_be32(&r);
	const uint32_t iv_index = bm_read_be32(&r);
	const enum bm_err err = bm_reader_finish(&r);
	if (err)
		return err;
	if (reserved > SEQ_END)
		return BM_ERR_PROHIBITED;
	/* Reserved under an index that we no longer transmit with: the numbers began anew. */
	if (iv_index >= bm_iv_tx(&net->iv))
		bm_net_seq_start(net, reserved);
	return BM_OK;
}

enum bm_err bm_net_seq_take(struct bm_net *net, uint32_t *seq)
{
	if (net->seq > BM_SEQ_MAX)
		return BM_ERR_SEQ_EXHAUSTED;
	if (net->seq >= net->seq_reserved) {
		const uint32_t wanted = net->seq + BM_NET_SEQ_BLOCK;
		const uint32_t reserved = wanted < SEQ_END ? wanted : SEQ_END;
		const enum bm_err err = store(net, reserved);
		if (err)
			return err;
		net->seq_reserved = reserved;
		if (reserved >= BM_NET_SEQ_LOW && reserved - BM_NET_SEQ_BLOCK < BM_NET_SEQ_LOW)
			bm_env_event(net->env, (struct bm_event){.kind = BM_EVENT_SEQ_LOW, .addr = net->addr});
	}
	*seq = net->seq++;
	/* Time for another IV index: at once, or when the present state has lasted its 96 hours. */
	if (net->seq >= BM_NET_SEQ_LOW && !net->iv.update && !net->iv.timer.armed)
		bm_net_iv_plan(net);
	return BM_OK;
}
