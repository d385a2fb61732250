/*
 * Advertising on a controller that does one thing at a time: mesh PDUs, one transmission each, and between them the
 * sets of connectable advertising in turn.
 *
 *   off ▶ parameters ▶ address ▶ data ▶ response ▶ enable ▶ on ─(time over, or a mesh PDU is due)▶ disable ▶ off
 *
 * What the controller has already is passed over. Its random address can only be changed while it does not scan (Core
 * Vol 4 Part E 7.8.4), so scanning stops for that moment.
 */
#include <string.h>

#include "host/host_parts.h"

#define ADV_IND 0x00u
#define ADV_NONCONN_IND 0x03u
#define OWN_ADDR_RANDOM 0x01u
#define ALL_CHANNELS 0x07u
/* Core Vol 4 Part E 7.8.5: older controllers take no shorter one for what cannot be connected to. */
#define MESH_INTERVAL 0x00a0u
/* One advertising event: the controller may delay it by up to 10 ms (Core Vol 6 Part B 4.4.2.2). */
#define EVENT_US (12u * BM_US_PER_MS)
/* A set's turn while others wait, and after which it is begun anew: emulated controllers send one event for each
 * beginning. */
#define TURN_US (50u * BM_US_PER_MS)
#define ANEW_US (500u * BM_US_PER_MS)
#define REFUSED_US BM_US_PER_S
#define CONNECTING_US (100u * BM_US_PER_MS)

static bool can_show(const struct bm_host_set *set, bm_time now)
{
	return set->active && set->retry <= now;
}

/* The one that waits longest, if not NULL behind since. */
static struct bm_host_set *longest_waiting(struct bm_host *host, bm_time now)
{
	struct bm_host_set *found = NULL;
	if (!bm_host_has_room_for_link(host))
		return NULL;
	for (size_t i = 0; i < BM_HOST_SETS; i++) {
		struct bm_host_set *set = &host->sets[i];
		if (can_show(set, now) && (!found || set->shown < found->shown))
			found = set;
	}
	return found;
}

/* Mesh PDUs first, but no set starves behind a flood of them. */
static bool choose(struct bm_host *host, bm_time now)
{
	struct bm_host_legacy *legacy = &host->legacy;
	struct bm_host_set *set = longest_waiting(host, now);
	const bool overdue = set && bm_time_add(set->shown, 2 * (uint64_t)set->interval_us) <= now;
	struct bm_advertising taken;
	legacy->set = NULL;
	if (!overdue && bm_host_take_mesh(host, false, &taken, now)) {
		memcpy(legacy->ad, taken.ad, taken.len);
		legacy->len = taken.len;
		legacy->has_addr = taken.has_private_addr;
		if (taken.has_private_addr)
			memcpy(legacy->addr, taken.private_addr, sizeof legacy->addr);
	} else if (set) {
		legacy->set = legacy->last = set;
		legacy->has_addr = true;
		memcpy(legacy->addr, set->addr, sizeof legacy->addr);
		set->shown = now;
	} else {
		return false;
	}
	legacy->step = BM_HOST_ADV_PARAMETERS;
	return true;
}

static void send(struct bm_host *host, uint16_t opcode, const struct bm_writer *w, bm_time now)
{
	bm_host_command(host, opcode, BM_HOST_PART_LEGACY, 0, w, now);
}

static bool send_parameters(struct bm_host *host, bm_time now)
{
	struct bm_host_legacy *legacy = &host->legacy;
	const uint8_t type = legacy->set ? ADV_IND : ADV_NONCONN_IND;
	const uint16_t interval = legacy->set ? bm_host_adv_interval(legacy->set->interval_us) : MESH_INTERVAL;
	uint8_t parameters[15];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	if (legacy->type == type && legacy->interval == interval)
		return false;
	legacy->type = type;
	legacy->interval = interval;
	bm_put_le16(&w, interval);
	bm_put_le16(&w, interval);
	bm_put_u8(&w, type);
	bm_put_u8(&w, OWN_ADDR_RANDOM);
	bm_put_octets(&w, (const uint8_t[7]){0}, 7);
	bm_put_u8(&w, ALL_CHANNELS);
	bm_put_u8(&w, 0);
	send(host, BM_HCI_LE_SET_ADV_PARAMETERS, &w, now);
	return true;
}

enum addr_step { ADDR_IS, ADDR_SENT, ADDR_WAITS, ADDR_GIVEN_UP };

static enum addr_step send_addr(struct bm_host *host, bm_time now)
{
	struct bm_host_legacy *legacy = &host->legacy;
	uint8_t parameters[6];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	if (!legacy->has_addr || memcmp(legacy->addr, host->random_addr, sizeof legacy->addr) == 0) {
		host->hold_scan = false;
		return ADDR_IS;
	}
	if (host->connect.step > BM_HOST_CONNECT_WANTED) {
		/* Nor while it connects: mesh PDUs go on meanwhile. */
		if (legacy->set)
			legacy->set->retry = bm_time_add(now, CONNECTING_US);
		host->hold_scan = false;
		return ADDR_GIVEN_UP;
	}
	host->hold_scan = true;
	if (host->scanning) {
		host->work = true;
		return ADDR_WAITS;
	}
	memcpy(host->random_addr, legacy->addr, sizeof host->random_addr);
	bm_hci_put_addr(&w, legacy->addr);
	send(host, BM_HCI_LE_SET_RANDOM_ADDRESS, &w, now);
	return ADDR_SENT;
}

static void send_data(struct bm_host *host, uint16_t opcode, const uint8_t *data, uint8_t len, bm_time now)
{
	uint8_t parameters[1 + BM_HCI_ADV_DATA_MAX] = {len};
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	memcpy(parameters + 1, data, len);
	w.at = w.end;
	send(host, opcode, &w, now);
}

static void send_enable(struct bm_host *host, bool on, bm_time now)
{
	uint8_t parameters[1];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	bm_put_u8(&w, on);
	send(host, BM_HCI_LE_SET_ADV_ENABLE, &w, now);
}

/* When what is on the air has to make room. */
static bm_time end_of_turn(const struct bm_host *host)
{
	const struct bm_host_legacy *legacy = &host->legacy;
	bm_time end = legacy->until;
	if (!legacy->set)
		return end;
	if (!legacy->set->active)
		return 0;
	const bm_time event = bm_time_add(legacy->since, EVENT_US), turn = bm_time_add(legacy->since, TURN_US);
	const bm_time mesh = bm_host_mesh_deadline(host);
	const bm_time due = mesh > event ? mesh : event;
	if (due < end)
		end = due;
	for (size_t i = 0; i < BM_HOST_SETS; i++)
		if (&host->sets[i] != legacy->set && can_show(&host->sets[i], turn) && turn < end)
			end = turn;
	return end;
}

/* The set is not wanted any more, or has changed: nothing of it goes on. */
static bool has_lapsed(const struct bm_host_legacy *legacy)
{
	return legacy->set && !legacy->set->active && legacy->step < BM_HOST_ADV_ON;
}

/* One step: true if a command went out. *again: the next step may be taken at once. */
static bool take_step(struct bm_host *host, bool *again, bm_time now)
{
	struct bm_host_legacy *legacy = &host->legacy;
	const struct bm_host_set *set = legacy->set;
	switch (legacy->step) {
	case BM_HOST_ADV_OFF:
		*again = choose(host, now);
		return false;
	case BM_HOST_ADV_PARAMETERS:
		if (send_parameters(host, now))
			return true;
		break;
	case BM_HOST_ADV_ADDR: {
		const enum addr_step addr = send_addr(host, now);
		if (addr == ADDR_GIVEN_UP) {
			legacy->step = BM_HOST_ADV_OFF;
			*again = true;
		}
		if (addr != ADDR_IS)
			return addr == ADDR_SENT;
		break;
	}
	case BM_HOST_ADV_DATA:
		send_data(host, BM_HCI_LE_SET_ADV_DATA, set ? set->ad : legacy->ad, set ? set->ad_len : legacy->len,
			  now);
		return true;
	case BM_HOST_ADV_RESPONSE:
		if (set) {
			send_data(host, BM_HCI_LE_SET_SCAN_RESPONSE, set->response, set->response_len, now);
			return true;
		}
		break;
	case BM_HOST_ADV_ENABLE:
		send_enable(host, true, now);
		return true;
	case BM_HOST_ADV_ON:
		if (end_of_turn(host) > now)
			return false;
		break;
	case BM_HOST_ADV_DISABLE:
		send_enable(host, false, now);
		return true;
	}
	legacy->step++;
	*again = true;
	return false;
}

bool bm_host_legacy_next(struct bm_host *host, bm_time now)
{
	bool again = true;
	while (again) {
		again = false;
		if (has_lapsed(&host->legacy)) {
			host->legacy.step = BM_HOST_ADV_OFF;
			host->hold_scan = false;
		}
		if (take_step(host, &again, now))
			return true;
	}
	return false;
}

void bm_host_legacy_done(struct bm_host *host, uint8_t status, bm_time now)
{
	struct bm_host_legacy *legacy = &host->legacy;
	host->hold_scan = false;
	if (legacy->step == BM_HOST_ADV_DISABLE || legacy->step == BM_HOST_ADV_OFF) {
		/* Refused: it is off already, as after a connection. */
		legacy->step = BM_HOST_ADV_OFF;
		return;
	}
	if (status != BM_HCI_SUCCESS) {
		if (legacy->set)
			legacy->set->retry = bm_time_add(now, REFUSED_US);
		legacy->interval = 0;
		if (legacy->step == BM_HOST_ADV_ADDR)
			memset(host->random_addr, 0, sizeof host->random_addr);
		/* It may be on without our knowing: then it goes off. */
		legacy->step = legacy->step == BM_HOST_ADV_ENABLE ? BM_HOST_ADV_DISABLE : BM_HOST_ADV_OFF;
		return;
	}
	legacy->step++;
	if (legacy->step == BM_HOST_ADV_ON) {
		legacy->since = now;
		legacy->until = bm_time_add(now, legacy->set ? ANEW_US : EVENT_US);
	}
}

bm_time bm_host_legacy_deadline(const struct bm_host *host)
{
	if (host->legacy.step == BM_HOST_ADV_ON)
		return end_of_turn(host);
	if (host->legacy.step != BM_HOST_ADV_OFF)
		return BM_TIME_NEVER;
	bm_time next = bm_host_mesh_deadline(host);
	if (!bm_host_has_room_for_link(host))
		return next;
	for (size_t i = 0; i < BM_HOST_SETS; i++)
		if (host->sets[i].active && host->sets[i].retry < next)
			next = host->sets[i].retry;
	return next;
}
