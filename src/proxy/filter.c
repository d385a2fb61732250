/*
 * The filter of a proxy client (MshPRT 6.4).
 */
#include "proxy/filter.h"

void bm_proxy_filter_reset(struct bm_proxy_filter *filter, enum bm_proxy_filter_type type)
{
	filter->type = type;
	filter->count = 0;
}

static bool has(const struct bm_proxy_filter *filter, uint16_t addr)
{
	for (size_t i = 0; i < filter->count; i++)
		if (filter->addrs[i] == addr)
			return true;
	return false;
}

bool bm_proxy_filter_add(struct bm_proxy_filter *filter, uint16_t addr)
{
	if (addr == BM_ADDR_UNASSIGNED || has(filter, addr))
		return true;
	if (filter->count == filter->capacity)
		return false;
	filter->addrs[filter->count++] = addr;
	return true;
}

void bm_proxy_filter_remove(struct bm_proxy_filter *filter, uint16_t addr)
{
	for (size_t i = 0; i < filter->count; i++) {
		if (filter->addrs[i] != addr)
			continue;
		filter->addrs[i] = filter->addrs[--filter->count];
		return;
	}
}

bool bm_proxy_filter_passes(const struct bm_proxy_filter *filter, uint16_t dst)
{
	return has(filter, dst) == (filter->type == BM_PROXY_ACCEPT_LIST);
}

void bm_proxy_filter_heard(struct bm_proxy_filter *filter, uint16_t src)
{
	if (filter->type == BM_PROXY_ACCEPT_LIST)
		(void)bm_proxy_filter_add(filter, src);
	else
		bm_proxy_filter_remove(filter, src);
}
