/*
 * What the two provisioning fuzzers share. Their input is a list of commands, an octet of kind and length each:
 *   length 0        time passes (the next octet: tenths of a second)
 *   high bit clear  a PB-ADV PDU as it stands
 *   high bit set    a provisioning PDU, wrapped into the right link, transaction, segments and FCS, so that the fuzzer
 *                   gets past the bearer
 */
#ifndef BM_TESTS_FUZZ_PROV_FUZZ_H
#define BM_TESTS_FUZZ_PROV_FUZZ_H

#include <string.h>

#include "base/env.h"
#include "blemesh/bytes.h"
#include "pdu/pb_adv.h"
#include "pdu/prov_pdu.h"

struct prov_fuzz {
	struct bm_env env;
	uint32_t prng;
	uint32_t link_id; /* of the last PDU sent */
	uint8_t transaction;
	void *peer;
	void (*hear)(void *peer, const uint8_t *octets, size_t len);
	void (*event)(void *peer, const struct bm_event *event);
};

static inline void prov_fuzz_random(void *ctx, uint8_t *out, size_t len)
{
	struct prov_fuzz *f = ctx;
	for (size_t i = 0; i < len; i++) {
		f->prng = f->prng * 1664525u + 1013904223u;
		out[i] = (uint8_t)(f->prng >> 24);
	}
}

static inline enum bm_err prov_fuzz_advertise(void *self, const struct bm_adv *adv, bm_time now)
{
	struct prov_fuzz *f = self;
	struct bm_pb_adv pdu;
	(void)now;
	if (adv->ad_type == BM_AD_PB_ADV && !bm_pb_adv_decode(&pdu, adv->payload, adv->len)) {
		f->link_id = pdu.link_id;
		/* Acknowledged before the next PDU, so that it goes on. */
		if (pdu.gpcf == BM_GP_START || pdu.gpcf == BM_GP_CONTINUATION)
			f->transaction = pdu.transaction;
	}
	return BM_OK;
}

static inline void prov_fuzz_event(void *ctx, const struct bm_event *event)
{
	struct prov_fuzz *f = ctx;
	f->event(f->peer, event);
}

static inline void prov_fuzz_init(struct prov_fuzz *f)
{
	static const struct bm_bearer_ops ops = {.advertise = prov_fuzz_advertise};
	memset(f, 0, sizeof *f);
	f->env.ops = (struct bm_node_ops){.ctx = f, .random = prov_fuzz_random, .event = prov_fuzz_event};
	f->env.bearer = (struct bm_bearer){.ops = &ops, .self = f};
}

static inline void prov_fuzz_pass(struct prov_fuzz *f, uint64_t duration_us)
{
	const bm_time until = f->env.timers.now + duration_us;
	for (int i = 0; i < 1000 && bm_timers_deadline(&f->env.timers) <= until; i++) {
		bm_timers_advance(&f->env.timers, bm_timers_deadline(&f->env.timers));
		bm_timers_run(&f->env.timers);
	}
	bm_timers_advance(&f->env.timers, until);
}

static inline void prov_fuzz_send(struct prov_fuzz *f, const struct bm_pb_adv *pdu)
{
	uint8_t octets[BM_PB_ADV_MAX];
	size_t len;
	if (!bm_pb_adv_encode(pdu, octets, sizeof octets, &len))
		f->hear(f->peer, octets, len);
}

static inline void prov_fuzz_send_whole(struct prov_fuzz *f, uint8_t transaction, const uint8_t *octets, size_t len)
{
	const uint8_t seg_n = bm_pb_adv_seg_n(len);
	const struct bm_pb_adv ack = {.link_id = f->link_id, .transaction = f->transaction, .gpcf = BM_GP_ACK};
	prov_fuzz_send(f, &ack);
	for (uint8_t i = 0; i <= seg_n; i++) {
		const struct bm_pb_adv pdu = {.link_id = f->link_id,
					      .transaction = transaction,
					      .gpcf = i == 0 ? BM_GP_START : BM_GP_CONTINUATION,
					      .seg_n = seg_n,
					      .total_len = (uint16_t)len,
					      .fcs = bm_pb_adv_fcs(octets, len),
					      .seg_index = i,
					      .data = octets + bm_pb_adv_seg_offset(i),
					      .data_len = bm_pb_adv_seg_len(len, i)};
		prov_fuzz_send(f, &pdu);
	}
	prov_fuzz_pass(f, 200 * BM_US_PER_MS);
}

static inline void prov_fuzz_run(struct prov_fuzz *f, uint8_t first_transaction, const uint8_t *octets, size_t len)
{
	struct bm_reader r = bm_reader_of(octets, len);
	uint8_t transaction = first_transaction;
	while (!r.failed && bm_reader_left(&r)) {
		const uint8_t command = bm_read_u8(&r);
		const size_t want = command & 0x7f, left = bm_reader_left(&r);
		const size_t part = want < left ? want : left;
		if (want == 0) {
			prov_fuzz_pass(f, bm_read_u8(&r) * (uint64_t)(100 * BM_US_PER_MS));
		} else if (command & 0x80) {
			if (part)
				prov_fuzz_send_whole(f, transaction, bm_read_octets(&r, part), part);
			transaction = (uint8_t)((transaction & 0x80) | ((transaction + 1) & 0x7f));
		} else {
			f->hear(f->peer, bm_read_octets(&r, part), part);
		}
	}
	prov_fuzz_pass(f, 300 * (uint64_t)BM_US_PER_S);
}

#endif
