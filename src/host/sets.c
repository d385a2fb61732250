/*
 * What is to be advertised: the sets of connectable advertising of all nodes, and their mesh PDUs in turn.
 */
#include <string.h>

#include "host/host_parts.h"

#define AD_FLAGS 0x01u
#define AD_UUID16_COMPLETE 0x03u
#define AD_NAME_COMPLETE 0x09u
#define FLAGS_LE_GENERAL 0x06u
#define OWN_RSSI 0 /* as near as can be */
/* An advertising interval in steps of 0.625 ms (Core Vol 4 Part E 7.8.5). */
#define INTERVAL_STEP_US 625u
#define INTERVAL_MIN 0x0020u
#define INTERVAL_MAX 0x4000u

uint16_t bm_host_adv_interval(uint32_t interval_us)
{
	const uint32_t steps = interval_us / INTERVAL_STEP_US;
	return (uint16_t)(steps < INTERVAL_MIN ? INTERVAL_MIN : steps > INTERVAL_MAX ? INTERVAL_MAX : steps);
}

static void put_ad(struct bm_writer *w, uint8_t type, const void *octets, size_t len)
{
	bm_put_u8(w, (uint8_t)(len + 1));
	bm_put_u8(w, type);
	bm_put_octets(w, octets, len);
}

static struct bm_host_set *find_set(struct bm_host_user *user, uint8_t number)
{
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		struct bm_host_set *set = &user->host->sets[i];
		if (set->user == user && set->number == number)
			return set;
	}
	return NULL;
}

/* One that nobody uses, which the controller has let go of. */
static struct bm_host_set *free_set(struct bm_host_user *user, uint8_t number)
{
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		struct bm_host_set *set = &user->host->sets[i];
		if (set->active || set->enabled || user->host->legacy.set == set)
			continue;
		*set = (struct bm_host_set){.user = user, .number = number};
		return set;
	}
	return NULL;
}

static void choose_addr(const struct bm_host_user *user, struct bm_host_set *set, const struct bm_gatt_adv *adv)
{
	const uint8_t *addr = user->addr;
	if (adv->addr == BM_GATT_ADDR_PRIVATE) {
		if (adv->new_addr || !set->has_private_addr) {
			user->host->ops.random(user->host->ops.ctx, set->private_addr, sizeof set->private_addr);
			set->private_addr[0] &= 0x3f; /* non-resolvable (Core Vol 6 Part B 1.3.2.2) */
			set->has_private_addr = true;
		}
		addr = set->private_addr;
	}
	memcpy(set->addr, addr, sizeof set->addr);
}

enum bm_err bm_host_gatt_advertise(void *self, const struct bm_gatt_adv *adv, bm_time now)
{
	struct bm_host_user *user = self;
	(void)now;
	if (adv->len > BM_GATT_SERVICE_DATA_MAX)
		return BM_ERR_INVALID;
	struct bm_host_set *set = find_set(user, adv->set);
	user->host->work = true;
	if (!adv->data) {
		if (set)
			set->active = false;
		return BM_OK;
	}
	if (!set)
		set = free_set(user, adv->set);
	if (!set)
		return BM_ERR_BUSY;
	uint8_t data[2 + BM_GATT_SERVICE_DATA_MAX] = {(uint8_t)adv->service, (uint8_t)(adv->service >> 8)};
	struct bm_writer w = bm_writer_of(set->ad, sizeof set->ad);
	memcpy(data + 2, adv->data, adv->len);
	put_ad(&w, AD_FLAGS, &(uint8_t){FLAGS_LE_GENERAL}, 1);
	put_ad(&w, AD_UUID16_COMPLETE, data, 2);
	put_ad(&w, BM_AD_SERVICE_DATA, data, 2u + adv->len);
	set->ad_len = (uint8_t)bm_writer_len(&w);
	w = bm_writer_of(set->response, sizeof set->response);
	/* A client that connects reads the same name. */
	char *name = user->names[bm_host_name_of(adv->service)];
	const size_t whole = adv->name ? strlen(adv->name) : 0;
	const size_t name_len = whole < BM_GATT_NAME_MAX ? whole : BM_GATT_NAME_MAX;
	memset(name, 0, BM_GATT_NAME_MAX + 1);
	if (name_len) {
		memcpy(name, adv->name, name_len);
		put_ad(&w, AD_NAME_COMPLETE, name, name_len);
	}
	set->response_len = (uint8_t)bm_writer_len(&w);
	set->active = true;
	set->service = adv->service;
	set->interval_us = adv->interval_us;
	set->dirty = BM_HOST_DIRTY_ALL;
	set->shown = 0;
	choose_addr(user, set, adv);
	bm_host_server_changed(user->host, user, set->service);
	return BM_OK;
}

bool bm_host_mesh_is_due(const struct bm_host *host, bm_time now)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++)
		if (host->users[i].host && bm_advertiser_deadline(&host->users[i].advertiser) <= now)
			return true;
	return false;
}

bm_time bm_host_mesh_deadline(const struct bm_host *host)
{
	bm_time next = BM_TIME_NEVER;
	for (size_t i = 0; i < BM_HOST_USERS; i++)
		if (host->users[i].host && bm_advertiser_deadline(&host->users[i].advertiser) < next)
			next = bm_advertiser_deadline(&host->users[i].advertiser);
	return next;
}

bool bm_host_take_mesh(struct bm_host *host, bool all, struct bm_advertising *taken, bm_time now)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++) {
		const size_t index = (host->next_user + i) % BM_HOST_USERS;
		struct bm_host_user *user = &host->users[index];
		size_t len = 0;
		if (!user->host)
			continue;
		if (all ? !bm_advertiser_take_all(&user->advertiser, now, taken)
			: !bm_advertiser_take(&user->advertiser, now, taken->ad, &len))
			continue;
		if (!all)
			taken->len = (uint8_t)len;
		const uint8_t *addr = user->advertiser.private_addr;
		taken->has_private_addr = addr != NULL;
		if (addr)
			memcpy(taken->private_addr, addr, sizeof taken->private_addr);
		host->next_user = index + 1;
		const struct bm_hci_report report = {.data = taken->ad, .len = taken->len, .rssi = OWN_RSSI};
		bm_host_hear(host, user, &report, now);
		return true;
	}
	return false;
}

bool bm_host_has_room_for_link(const struct bm_host *host)
{
	for (size_t i = 0; i < BM_HOST_LINKS; i++)
		if (!host->links[i].used)
			return true;
	return false;
}
