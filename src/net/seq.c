/*
 * Sequence numbers (MshPRT 3.9.4): never used twice under one IV index, not even over a power cut. A block of them is
 * stored as used before the first one is; exhausted ones never wrap.
 */
#include "net/net_state.h"
#include "pdu/records.h"

#define SEQ_END (BM_SEQ_MAX + 1)

static enum bm_err store(struct bm_net *net, uint32_t reserved)
{
	uint8_t octets[BM_RECORD_SEQ_LEN];
	size_t len;
	if (!BM_WITH_STORE)
		return BM_OK;
	struct bm_writer w = bm_writer_of(octets, sizeof octets);
	bm_record_put_seq(&w, &(struct bm_seq_record){.reserved = reserved, .iv_index = bm_iv_tx(&net->iv)});
	if (bm_writer_finish(&w, &len))
		return BM_ERR_STORE;
	return bm_env_store(net->env, BM_STORE_SEQ, 0, octets, len) ? BM_ERR_STORE : BM_OK;
}

void bm_net_seq_start(struct bm_net *net, uint32_t first)
{
	net->seq = first;
	net->seq_reserved = first;
}

enum bm_err bm_net_seq_resume(struct bm_net *net, const struct bm_seq_record *record)
{
	if (!record) {
		/* What was used is not known: nothing more under this IV index. */
		bm_net_seq_start(net, SEQ_END);
		return BM_ERR_STORE;
	}
	/* The index goes to the store before the numbers under it do. Should it have been lost all the same, numbers
	 * were used under the newer one. */
	if (record->iv_index > bm_iv_tx(&net->iv)) {
		net->iv.index = record->iv_index;
		net->iv.update = false;
		net->iv.since = bm_env_now(net->env);
	}
	/* Reserved under an index that we no longer transmit with: the numbers began anew. */
	bm_net_seq_start(net, record->iv_index == bm_iv_tx(&net->iv) ? record->reserved : 0);
	return BM_OK;
}

enum bm_err bm_net_seq_restore(struct bm_net *net, const uint8_t *octets, size_t len)
{
	struct bm_seq_record record;
	const enum bm_err err = bm_record_read_seq(octets, len, &record);
	const enum bm_err silent = bm_net_seq_resume(net, err ? NULL : &record);
	return err ? err : silent;
}

enum bm_err bm_net_seq_save(struct bm_net *net)
{
	return store(net, net->seq_reserved);
}

uint32_t bm_net_iv_tx(const struct bm_net *net)
{
	return bm_iv_tx(&net->iv);
}

enum bm_err bm_net_number(struct bm_net *net, uint32_t *seq, uint32_t *iv_index)
{
	*iv_index = bm_iv_tx(&net->iv);
	return bm_net_seq_take(net, seq);
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
			bm_env_tell(net->env, BM_EVENT_SEQ_LOW, net->addr, 0);
	}
	*seq = net->seq++;
	/* Time for another IV index: at once, or when the present state has lasted its 96 hours. */
	if (net->seq >= BM_NET_SEQ_LOW && !net->iv.update && !bm_timer_is_armed(&net->iv.timer))
		bm_net_iv_plan(net);
	return BM_OK;
}
