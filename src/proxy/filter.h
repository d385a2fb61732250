/*
 * The filter of a proxy client (MshPRT 6.4): which destinations go to it.
 */
#ifndef BM_PROXY_FILTER_H
#define BM_PROXY_FILTER_H

#include "pdu/proxy_pdu.h"

struct bm_proxy_filter {
	enum bm_proxy_filter_type type;
	uint16_t *addrs;
	uint8_t capacity;
	uint8_t count;
};

/* An accept list without addresses: nothing goes (MshPRT 6.4: as each client begins). */
void bm_proxy_filter_reset(struct bm_proxy_filter *filter, enum bm_proxy_filter_type type);
/* Twice is once. False if the list is full; the unassigned address is nobody's and ignored. */
bool bm_proxy_filter_add(struct bm_proxy_filter *filter, uint16_t addr);
void bm_proxy_filter_remove(struct bm_proxy_filter *filter, uint16_t addr);
bool bm_proxy_filter_passes(const struct bm_proxy_filter *filter, uint16_t dst);
/* The client sent a message from addr: it is to hear what goes there (MshPRT 6.4). */
void bm_proxy_filter_heard(struct bm_proxy_filter *filter, uint16_t src);

#endif
