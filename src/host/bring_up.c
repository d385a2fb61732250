/*
 * The bring-up of a controller: commands in a row, each with what it needs and what its answer means. A controller that
 * lacks a command which is not needed says so, and it goes on without.
 */
#include <stdio.h>
#include <string.h>

#include "host/host_parts.h"

/* Bits of the event mask: Disconnection Complete, Hardware Error, LE Meta. */
#define EVENTS_LOW ((1u << 4) | (1u << 15))
#define EVENTS_HIGH (1u << 29)

struct step {
	uint16_t opcode;
	bool needed;
	bool (*applies)(const struct bm_host *host);
	void (*put)(struct bm_host *host, struct bm_writer *w);
	void (*take)(struct bm_host *host, struct bm_reader *r);
};

static bool has_no_le_buffers(const struct bm_host *host)
{
	return host->acl_total == 0;
}

static bool is_extended(const struct bm_host *host)
{
	return !host->without_sets && bm_host_feature(host, BM_HCI_FEATURE_EXTENDED_ADVERTISING);
}

static bool has_data_length(const struct bm_host *host)
{
	return bm_host_feature(host, BM_HCI_FEATURE_DATA_LENGTH);
}

static void put_event_mask(struct bm_host *host, struct bm_writer *w)
{
	(void)host;
	bm_put_le32(w, EVENTS_LOW);
	bm_put_le32(w, EVENTS_HIGH);
}

static void put_le_support(struct bm_host *host, struct bm_writer *w)
{
	(void)host;
	bm_put_u8(w, 1);
	bm_put_u8(w, 0);
}

/* The events the host reads, and no bit that an older controller does not know. */
static void put_le_event_mask(struct bm_host *host, struct bm_writer *w)
{
	uint32_t mask = 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4;
	if (bm_host_feature(host, BM_HCI_FEATURE_PARAMETERS_REQUEST))
		mask |= 1u << 5;
	if (is_extended(host))
		mask |= 1u << 12 | 1u << 17;
	bm_put_le32(w, mask);
	bm_put_le32(w, 0);
}

/* Non-resolvable: what mesh PDUs go out with tells nobody who sent them (MshPRT 7.2.2.2.4 wants no less). */
static void put_random_addr(struct bm_host *host, struct bm_writer *w)
{
	host->ops.random(host->ops.ctx, host->random_addr, sizeof host->random_addr);
	host->random_addr[0] &= 0x3f;
	bm_hci_put_addr(w, host->random_addr);
}

static void put_data_length(struct bm_host *host, struct bm_writer *w)
{
	(void)host;
	bm_put_le16(w, BM_HCI_DATA_LENGTH_MAX);
	bm_put_le16(w, BM_HCI_DATA_TIME_MAX_US);
}

static void take_addr(struct bm_host *host, struct bm_reader *r)
{
	bm_hci_read_addr(r, host->public_addr);
}

static void take_features(struct bm_host *host, struct bm_reader *r)
{
	bm_read_copy(r, host->features, sizeof host->features);
}

static void take_le_buffers(struct bm_host *host, struct bm_reader *r)
{
	host->acl_len = bm_read_le16(r);
	host->acl_total = bm_read_u8(r);
	if (host->acl_len == 0)
		host->acl_total = 0;
}

static void take_buffers(struct bm_host *host, struct bm_reader *r)
{
	host->acl_len = bm_read_le16(r);
	(void)bm_read_u8(r);
	host->acl_total = bm_read_le16(r);
}

static void take_sets(struct bm_host *host, struct bm_reader *r)
{
	host->adv_handles = bm_read_u8(r);
}

static const struct step STEPS[] = {
	{BM_HCI_RESET, true, NULL, NULL, NULL},
	{BM_HCI_READ_BD_ADDR, false, NULL, NULL, take_addr},
	{BM_HCI_SET_EVENT_MASK, true, NULL, put_event_mask, NULL},
	{BM_HCI_WRITE_LE_HOST_SUPPORT, false, NULL, put_le_support, NULL},
	{BM_HCI_LE_READ_FEATURES, true, NULL, NULL, take_features},
	{BM_HCI_LE_SET_EVENT_MASK, true, NULL, put_le_event_mask, NULL},
	{BM_HCI_LE_READ_BUFFER_SIZE, true, NULL, NULL, take_le_buffers},
	{BM_HCI_READ_BUFFER_SIZE, false, has_no_le_buffers, NULL, take_buffers},
	{BM_HCI_LE_SET_RANDOM_ADDRESS, true, NULL, put_random_addr, NULL},
	{BM_HCI_LE_WRITE_DEFAULT_DATA_LENGTH, false, has_data_length, put_data_length, NULL},
	{BM_HCI_LE_READ_ADV_SETS, false, is_extended, NULL, take_sets},
};

/* One set for mesh PDUs, one for connectable advertising. */
#define SETS_MIN 2u

static void is_up(struct bm_host *host)
{
	host->acl_free = host->acl_total;
	if (host->acl_len > 0 && host->acl_len < 27) /* Core Vol 4 Part E 7.8.2: at least that */
		host->acl_len = 27;
	host->extended = is_extended(host);
	/* Half of the sets for mesh PDUs, as long as connectable advertising has some. */
	host->mesh_handles = BM_HOST_MESH_HANDLES;
	if (host->adv_handles < 2 * BM_HOST_MESH_HANDLES)
		host->mesh_handles = (uint8_t)((host->adv_handles + 1) / 2);
	host->state = BM_HOST_UP;
	host->work = true;
	if (host->ops.up)
		host->ops.up(host->ops.ctx);
}

bool bm_host_bring_up_next(struct bm_host *host, bm_time now)
{
	if (host->bring_up == 0) {
		memset(host->features, 0, sizeof host->features);
		memset(host->public_addr, 0, sizeof host->public_addr);
		host->acl_total = host->acl_len = 0;
		host->adv_handles = 0;
	}
	while (host->bring_up < BM_ARRAY_LEN(STEPS)) {
		const struct step *step = &STEPS[host->bring_up];
		if (step->applies && !step->applies(host)) {
			host->bring_up++;
			continue;
		}
		uint8_t parameters[16];
		struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
		if (step->put)
			step->put(host, &w);
		bm_host_command(host, step->opcode, BM_HOST_PART_BRING_UP, host->bring_up, &w, now);
		return true;
	}
	if (is_extended(host) && host->adv_handles < SETS_MIN) {
		/* Core Vol 4 Part E 3.1.1: after a command about sets the old ones are refused until the next reset. */
		host->without_sets = true;
		host->bring_up = 0;
		return bm_host_bring_up_next(host, now);
	}
	is_up(host);
	return false;
}

void bm_host_bring_up_done(struct bm_host *host, uint8_t status, struct bm_reader *r)
{
	const struct step *step = &STEPS[host->bring_up];
	if (status == BM_HCI_SUCCESS && step->take)
		step->take(host, r);
	if (step->needed && (status != BM_HCI_SUCCESS || r->failed)) {
		snprintf(host->why, sizeof host->why, "the controller refused command 0x%04x (error 0x%02x)",
			 step->opcode, status);
		bm_host_fail(host, host->why);
		return;
	}
	host->bring_up++;
	host->work = true;
}
