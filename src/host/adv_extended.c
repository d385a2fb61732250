/*
 * Advertising on a controller with advertising sets: some of its sets repeat mesh PDUs, the others carry connectable
 * advertising, all at the same time. Only legacy PDUs are sent, which every receiver knows.
 *
 *   a set for mesh PDUs: off ▶ parameters ▶ address ▶ data ▶ enable ▶ on ─(the controller tells its end)▶ off
 *   a connectable set:   what is wanted and what the controller has are compared, and the difference sent
 *
 * The first sets of the table are the controller's; if more are wanted, they change places after each turn.
 */
#include <string.h>

#include "host/host_parts.h"

/* Core Vol 4 Part E 7.8.53. */
#define LEGACY_ADV_IND 0x0013u
#define LEGACY_ADV_NONCONN_IND 0x0010u
#define OWN_ADDR_RANDOM 0x01u
#define ALL_CHANNELS 0x07u
#define NO_POWER_PREFERENCE 0x7fu
#define PHY_1M 0x01u
#define COMPLETE_DATA 0x03u
#define NO_FRAGMENTS 0x01u
#define INTERVAL_STEP_US 625u
/* What the controller may add to each interval, and to tell that it is done. */
#define DELAY_US (10u * BM_US_PER_MS)
#define TELL_US (200u * BM_US_PER_MS)
#define REFUSED_US BM_US_PER_S
/* Some advertising events, also of the slowest set. */
#define TURN_US (500u * BM_US_PER_MS)
/* A command's detail: the dirty bit that it clears; or else: */
#define DETAIL_OFF 0x00u
#define DETAIL_ON 0x80u

/* The index of a command: a handle for mesh PDUs, or a set behind them all. */
#define SET_INDEX(set) (BM_HOST_MESH_HANDLES + (set))

static void put_parameters(struct bm_writer *w, uint8_t handle, uint16_t properties, uint32_t interval)
{
	bm_put_u8(w, handle);
	bm_put_le16(w, properties);
	bm_put_le(w, interval, 3);
	bm_put_le(w, interval, 3);
	bm_put_u8(w, ALL_CHANNELS);
	bm_put_u8(w, OWN_ADDR_RANDOM);
	bm_put_octets(w, (const uint8_t[8]){0}, 8); /* no peer; no filter */
	bm_put_u8(w, NO_POWER_PREFERENCE);
	bm_put_u8(w, PHY_1M);
	bm_put_u8(w, 0);
	bm_put_u8(w, PHY_1M);
	bm_put_u8(w, 0);
	bm_put_u8(w, 0);
}

static void put_data(struct bm_writer *w, uint8_t handle, const uint8_t *data, uint8_t len)
{
	bm_put_u8(w, handle);
	bm_put_u8(w, COMPLETE_DATA);
	bm_put_u8(w, NO_FRAGMENTS);
	bm_put_u8(w, len);
	bm_put_octets(w, data, len);
}

/* transmissions 0: until told otherwise. */
static void put_enable(struct bm_writer *w, uint8_t handle, bool on, uint8_t transmissions)
{
	bm_put_u8(w, on);
	bm_put_u8(w, 1);
	bm_put_u8(w, handle);
	bm_put_le16(w, 0);
	bm_put_u8(w, transmissions);
}

static bool load_mesh(struct bm_host *host, struct bm_host_mesh_handle *mesh, bm_time now)
{
	struct bm_advertising taken;
	if (!bm_host_take_mesh(host, true, &taken, now))
		return false;
	memcpy(mesh->ad, taken.ad, taken.len);
	mesh->len = taken.len;
	mesh->transmissions = taken.transmissions;
	mesh->wants_addr = taken.has_private_addr;
	if (taken.has_private_addr)
		memcpy(mesh->addr, taken.private_addr, sizeof mesh->addr);
	/* For one transmission any interval will do. */
	mesh->want_interval = taken.transmissions == 1 && mesh->interval ? mesh->interval
									 : bm_host_adv_interval(taken.interval_us);
	mesh->step = BM_HOST_ADV_PARAMETERS;
	return true;
}

static uint16_t mesh_command(struct bm_host *host, struct bm_host_mesh_handle *mesh, uint8_t handle,
			     struct bm_writer *w)
{
	switch (mesh->step) {
	case BM_HOST_ADV_PARAMETERS:
		if (mesh->want_interval == mesh->interval)
			return 0;
		put_parameters(w, handle, LEGACY_ADV_NONCONN_IND, mesh->want_interval);
		return BM_HCI_LE_SET_EXT_ADV_PARAMETERS;
	case BM_HOST_ADV_ADDR:
		if (mesh->has_addr && !mesh->wants_addr)
			return 0;
		if (!mesh->wants_addr) {
			host->ops.random(host->ops.ctx, mesh->addr, sizeof mesh->addr);
			mesh->addr[0] &= 0x3f; /* non-resolvable (Core Vol 6 Part B 1.3.2.2) */
		}
		bm_put_u8(w, handle);
		bm_hci_put_addr(w, mesh->addr);
		return BM_HCI_LE_SET_SET_RANDOM_ADDRESS;
	case BM_HOST_ADV_DATA:
		put_data(w, handle, mesh->ad, mesh->len);
		return BM_HCI_LE_SET_EXT_ADV_DATA;
	case BM_HOST_ADV_ENABLE:
		put_enable(w, handle, true, mesh->transmissions);
		return BM_HCI_LE_SET_EXT_ADV_ENABLE;
	case BM_HOST_ADV_DISABLE:
		put_enable(w, handle, false, 0);
		return BM_HCI_LE_SET_EXT_ADV_ENABLE;
	default:
		return 0;
	}
}

static bool mesh_next(struct bm_host *host, size_t index, bm_time now)
{
	struct bm_host_mesh_handle *mesh = &host->mesh[index];
	if (mesh->step == BM_HOST_ADV_OFF && !load_mesh(host, mesh, now))
		return false;
	if (mesh->step == BM_HOST_ADV_ON && mesh->until <= now)
		mesh->step = BM_HOST_ADV_DISABLE; /* its end was not told */
	while (mesh->step != BM_HOST_ADV_ON) {
		uint8_t parameters[40];
		struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
		const uint16_t opcode = mesh_command(host, mesh, (uint8_t)index, &w);
		if (opcode) {
			bm_host_command(host, opcode, BM_HOST_PART_EXTENDED, index, &w, now);
			return true;
		}
		mesh->step++;
	}
	return false;
}

static void mesh_done(struct bm_host_mesh_handle *mesh, uint8_t status, bm_time now)
{
	if (mesh->step == BM_HOST_ADV_DISABLE) {
		mesh->step = BM_HOST_ADV_OFF;
		return;
	}
	if (status != BM_HCI_SUCCESS) {
		mesh->interval = 0;
		mesh->has_addr = false;
		mesh->step = mesh->step == BM_HOST_ADV_ENABLE ? BM_HOST_ADV_DISABLE : BM_HOST_ADV_OFF;
		return;
	}
	if (mesh->step == BM_HOST_ADV_PARAMETERS)
		mesh->interval = mesh->want_interval;
	if (mesh->step == BM_HOST_ADV_ADDR)
		mesh->has_addr = !mesh->wants_addr; /* a private one is for this once */
	mesh->step++;
	const uint64_t each_us = (uint64_t)mesh->interval * INTERVAL_STEP_US + DELAY_US;
	if (mesh->step == BM_HOST_ADV_ON)
		mesh->until = bm_time_add(now, mesh->transmissions * each_us + TELL_US);
}

static size_t set_count(const struct bm_host *host)
{
	const size_t handles = (size_t)(host->adv_handles - host->mesh_handles);
	return handles < BM_HOST_SETS ? handles : BM_HOST_SETS;
}

static bool set_is_wanted(const struct bm_host *host, const struct bm_host_set *set, bm_time now)
{
	return set->active && !set->yields && set->retry <= now && bm_host_has_room_for_link(host);
}

/* The first difference between a set as it is wanted and as the controller has it; 0: none. */
static uint16_t set_command(const struct bm_host *host, const struct bm_host_set *set, uint8_t handle,
			    struct bm_writer *w, bm_time now)
{
	const bool wanted = set_is_wanted(host, set, now);
	if (set->enabled && (!wanted || set->dirty)) {
		put_enable(w, handle, false, 0);
		return BM_HCI_LE_SET_EXT_ADV_ENABLE;
	}
	if (!wanted || set->enabled)
		return 0;
	if (set->dirty & BM_HOST_DIRTY_PARAMETERS) {
		put_parameters(w, handle, LEGACY_ADV_IND, bm_host_adv_interval(set->interval_us));
		return BM_HCI_LE_SET_EXT_ADV_PARAMETERS;
	}
	if (set->dirty & BM_HOST_DIRTY_ADDR) {
		bm_put_u8(w, handle);
		bm_hci_put_addr(w, set->addr);
		return BM_HCI_LE_SET_SET_RANDOM_ADDRESS;
	}
	if (set->dirty & BM_HOST_DIRTY_DATA) {
		put_data(w, handle, set->ad, set->ad_len);
		return BM_HCI_LE_SET_EXT_ADV_DATA;
	}
	if (set->dirty & BM_HOST_DIRTY_RESPONSE) {
		put_data(w, handle, set->response, set->response_len);
		return BM_HCI_LE_SET_EXT_SCAN_RESPONSE;
	}
	put_enable(w, handle, true, 0);
	return BM_HCI_LE_SET_EXT_ADV_ENABLE;
}

static bool set_next(struct bm_host *host, size_t index, bm_time now)
{
	uint8_t parameters[40];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	struct bm_host_set *set = &host->sets[index];
	const uint16_t opcode = set_command(host, set, (uint8_t)(host->mesh_handles + index), &w, now);
	uint8_t detail = set->enabled ? DETAIL_OFF : DETAIL_ON;
	if (!opcode)
		return false;
	/* Cleared before the answer, so that what changes meanwhile shows. */
	if (opcode != BM_HCI_LE_SET_EXT_ADV_ENABLE) {
		detail = (uint8_t)(set->dirty & -set->dirty);
		set->dirty &= (uint8_t)~detail;
	}
	bm_host_command(host, opcode, BM_HOST_PART_EXTENDED, SET_INDEX(index), &w, now);
	host->command.detail = detail;
	return true;
}

static void set_done(struct bm_host_set *set, uint8_t detail, uint8_t status, bm_time now)
{
	if (detail == DETAIL_OFF) {
		set->enabled = false; /* refused: it was off */
	} else if (detail == DETAIL_ON) {
		set->enabled = status == BM_HCI_SUCCESS;
		set->shown = now;
	} else if (status != BM_HCI_SUCCESS) {
		set->dirty |= detail;
	}
	if (status != BM_HCI_SUCCESS)
		set->retry = bm_time_add(now, REFUSED_US);
}

/* The one without a place that waits longest, or NULL. */
static struct bm_host_set *set_without_place(struct bm_host *host, bm_time now)
{
	struct bm_host_set *found = NULL;
	for (size_t i = set_count(host); i < BM_HOST_SETS; i++) {
		struct bm_host_set *set = &host->sets[i];
		if (set_is_wanted(host, set, now) && (!found || set->shown < found->shown))
			found = set;
	}
	return found;
}

/* The one whose place is free or will be first: not while it is being prepared. NULL: none. */
static struct bm_host_set *set_to_leave(struct bm_host *host, bm_time now)
{
	struct bm_host_set *found = NULL;
	for (size_t i = 0; i < set_count(host); i++) {
		struct bm_host_set *set = &host->sets[i];
		if (!set->enabled && !set_is_wanted(host, set, now))
			return set;
		if (set->enabled && (!found || set->shown < found->shown))
			found = set;
	}
	return found;
}

static void take_turns(struct bm_host *host, bm_time now)
{
	for (;;) {
		struct bm_host_set *waiting = set_without_place(host, now);
		struct bm_host_set *leaving = waiting ? set_to_leave(host, now) : NULL;
		for (size_t i = 0; i < BM_HOST_SETS && !waiting; i++)
			host->sets[i].yields = false; /* the other one has gone */
		if (!leaving)
			return;
		if (leaving->enabled) {
			leaving->yields |= bm_time_add(leaving->shown, TURN_US) <= now;
			return;
		}
		const struct bm_host_set left = *leaving;
		*leaving = *waiting;
		*waiting = left;
		waiting->yields = false;
		leaving->dirty = waiting->dirty = BM_HOST_DIRTY_ALL;
	}
}

bool bm_host_extended_next(struct bm_host *host, bm_time now)
{
	take_turns(host, now);
	for (size_t i = 0; i < set_count(host); i++)
		if (set_next(host, i, now))
			return true;
	for (size_t i = 0; i < host->mesh_handles; i++)
		if (mesh_next(host, i, now))
			return true;
	return false;
}

void bm_host_extended_done(struct bm_host *host, size_t index, uint8_t status, bm_time now)
{
	if (index < BM_HOST_MESH_HANDLES)
		mesh_done(&host->mesh[index], status, now);
	else
		set_done(&host->sets[index - BM_HOST_MESH_HANDLES], host->command.detail, status, now);
}

void bm_host_extended_terminated(struct bm_host *host, struct bm_reader *r, bm_time now)
{
	const uint8_t status = bm_read_u8(r);
	const size_t handle = bm_read_u8(r);
	const uint16_t conn = bm_read_le16(r) & 0x0fff;
	if (r->failed || handle >= host->mesh_handles + set_count(host))
		return;
	if (handle < host->mesh_handles) {
		if (host->mesh[handle].step == BM_HOST_ADV_ON)
			host->mesh[handle].step = BM_HOST_ADV_OFF;
		return;
	}
	struct bm_host_set *set = &host->sets[handle - host->mesh_handles];
	struct bm_host_link *link = status == BM_HCI_SUCCESS ? bm_host_link_find(host, conn) : NULL;
	set->enabled = false;
	if (link && link->role == BM_GATT_SERVER && !link->user)
		bm_host_link_serve(host, link, set, now);
}

/* When a set has to make room for one without a place, or such a one may be tried again. */
static bm_time turn_deadline(const struct bm_host *host)
{
	bm_time retry = BM_TIME_NEVER, turn = BM_TIME_NEVER;
	bool waits = false;
	if (!bm_host_has_room_for_link(host))
		return BM_TIME_NEVER;
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		const struct bm_host_set *set = &host->sets[i];
		const bm_time end = bm_time_add(set->shown, TURN_US);
		if (i < set_count(host)) {
			if (set->enabled && end < turn)
				turn = end;
			continue;
		}
		waits = waits || (set->active && set->retry <= host->ran);
		if (set->active && set->retry > host->ran && set->retry < retry)
			retry = set->retry;
	}
	return waits && turn < retry ? turn : retry;
}

bm_time bm_host_extended_deadline(const struct bm_host *host)
{
	bm_time next = BM_TIME_NEVER;
	const bm_time due = bm_host_mesh_deadline(host);
	for (size_t i = 0; i < host->mesh_handles; i++) {
		const bm_time at = host->mesh[i].step == BM_HOST_ADV_OFF  ? due
				   : host->mesh[i].step == BM_HOST_ADV_ON ? host->mesh[i].until
									  : BM_TIME_NEVER;
		if (at < next)
			next = at;
	}
	for (size_t i = 0; i < set_count(host); i++) {
		const struct bm_host_set *set = &host->sets[i];
		if (set->active && !set->enabled && bm_host_has_room_for_link(host) && set->retry < next)
			next = set->retry;
	}
	const bm_time turn = turn_deadline(host);
	return turn < next ? turn : next;
}
