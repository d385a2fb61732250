/*
 * Scanning: passive unless somebody wants scan responses, without filter of duplicates, all the time that any node
 * listens; and what is heard goes to the nodes.
 */
#include "host/host_parts.h"

#define SCAN_PASSIVE 0x00u
#define SCAN_ACTIVE 0x01u
#define OWN_ADDR_RANDOM 0x01u
#define PHY_1M 0x01u
/* Interval and window alike: the receiver is always on (60 ms on each channel, in steps of 0.625 ms). */
#define SCAN_INTERVAL 0x0060u
/* Before a low power node's window: the commands take their time. */
#define AHEAD_US (10u * BM_US_PER_MS)
#define REFUSED_US BM_US_PER_S

static bool listens(const struct bm_host_user *user, bm_time now)
{
	return user->host && bm_time_add(now, AHEAD_US) >= user->listen_from && now < user->listen_until;
}

static bool is_wanted(const struct bm_host *host, bm_time now)
{
	const bool connecting = host->connect.step >= BM_HOST_CONNECT_WANTED &&
				host->connect.step <= BM_HOST_CONNECT_CANCELLED;
	if (host->hold_scan || (host->connect.quiet && connecting))
		return false;
	for (size_t i = 0; i < BM_HOST_USERS; i++)
		if (listens(&host->users[i], now))
			return true;
	return false;
}

static uint8_t scan_type(const struct bm_host *host)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++)
		if (host->users[i].host && host->users[i].ops.scan_response)
			return SCAN_ACTIVE;
	return SCAN_PASSIVE;
}

static uint16_t put_parameters(const struct bm_host *host, struct bm_writer *w)
{
	bm_put_u8(w, host->extended ? OWN_ADDR_RANDOM : host->scan_type);
	if (host->extended) {
		bm_put_u8(w, 0);
		bm_put_u8(w, PHY_1M);
		bm_put_u8(w, host->scan_type);
	}
	bm_put_le16(w, SCAN_INTERVAL);
	bm_put_le16(w, SCAN_INTERVAL);
	if (!host->extended) {
		bm_put_u8(w, OWN_ADDR_RANDOM);
		bm_put_u8(w, 0);
	}
	return host->extended ? BM_HCI_LE_SET_EXT_SCAN_PARAMETERS : BM_HCI_LE_SET_SCAN_PARAMETERS;
}

static uint16_t put_enable(const struct bm_host *host, bool on, struct bm_writer *w)
{
	bm_put_u8(w, on);
	bm_put_u8(w, 0); /* every duplicate: a repeat may be what was missed */
	if (host->extended)
		bm_put_le32(w, 0);
	return host->extended ? BM_HCI_LE_SET_EXT_SCAN_ENABLE : BM_HCI_LE_SET_SCAN_ENABLE;
}

bool bm_host_scan_next(struct bm_host *host, bm_time now)
{
	/* Who came later may want scan responses: the type changes while nothing scans (Core Vol 4 Part E 7.8.10). */
	const bool stale = host->scan_configured && host->scan_type != scan_type(host);
	const bool wanted = is_wanted(host, now) && !(stale && host->scanning);
	uint8_t parameters[8];
	struct bm_writer w = bm_writer_of(parameters, sizeof parameters);
	uint16_t opcode;
	if (wanted == host->scanning || (wanted && host->scan_retry > now))
		return false;
	if (wanted && (!host->scan_configured || stale)) {
		host->scan_configured = false;
		host->scan_type = scan_type(host);
		opcode = put_parameters(host, &w);
	} else {
		opcode = put_enable(host, wanted, &w);
	}
	bm_host_command(host, opcode, BM_HOST_PART_SCAN, 0, &w, now);
	return true;
}

void bm_host_scan_done(struct bm_host *host, uint8_t status, bm_time now)
{
	if (host->scanning) {
		host->scanning = false; /* refused: it was off */
	} else if (status != BM_HCI_SUCCESS) {
		host->scan_retry = bm_time_add(now, REFUSED_US);
		host->scan_configured = false;
	} else if (!host->scan_configured) {
		host->scan_configured = true;
	} else {
		host->scanning = true;
	}
}

bm_time bm_host_scan_deadline(const struct bm_host *host)
{
	bm_time next = BM_TIME_NEVER;
	for (size_t i = 0; i < BM_HOST_USERS; i++) {
		const struct bm_host_user *user = &host->users[i];
		const bm_time from = user->listen_from > AHEAD_US ? user->listen_from - AHEAD_US : 0;
		if (!user->host)
			continue;
		/* What is past was looked at. */
		if (from > host->ran && from < next)
			next = from;
		if (user->listen_until > host->ran && user->listen_until < next)
			next = user->listen_until;
	}
	if (!host->scanning && host->scan_retry > host->ran && host->scan_retry < next)
		next = host->scan_retry;
	return next;
}

static void tell_seen(struct bm_host_user *user, const struct bm_hci_report *report, uint8_t len, const uint8_t *data,
		      bm_time now)
{
	struct bm_reader r = bm_reader_of(data, len);
	struct bm_gatt_seen seen = {.rssi = report->rssi};
	seen.service = (enum bm_gatt_service)bm_read_le16(&r);
	if (r.failed || (seen.service != BM_GATT_PROVISIONING && seen.service != BM_GATT_PROXY))
		return;
	memcpy(seen.peer.addr, report->addr, sizeof seen.peer.addr);
	seen.peer.random = report->random;
	seen.data = r.at;
	seen.len = bm_reader_left(&r);
	user->ops.seen(user->ctx, &seen, now);
}

static void hear(struct bm_host_user *user, const struct bm_hci_report *report, bm_time now)
{
	struct bm_reader r = bm_reader_of(report->data, report->len);
	while (bm_reader_left(&r) > 1) {
		const uint8_t len = bm_read_u8(&r);
		const uint8_t *ad = len ? bm_read_octets(&r, len) : NULL;
		if (!ad)
			return; /* the rest is padding, or too short for what it says */
		/* MshPRT 3.3.1, 3.10.1, 5.3.1: what is of the mesh comes in advertising that cannot be scanned either;
		 * a Solicitation PDU (6.9.1) is service data. */
		const bool plain = !report->connectable && (!report->scannable || ad[0] == BM_AD_SERVICE_DATA);
		if (plain && user->ops.receive)
			user->ops.receive(user->ctx, ad[0], ad + 1, len - 1u, report->rssi, now);
		else if (report->connectable && ad[0] == BM_AD_SERVICE_DATA && user->ops.seen)
			tell_seen(user, report, (uint8_t)(len - 1), ad + 1, now);
	}
}

void bm_host_hear(struct bm_host *host, const struct bm_host_user *but, const struct bm_hci_report *report, bm_time now)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++) {
		struct bm_host_user *user = &host->users[i];
		if (user != but && user->host && now >= user->listen_from && now < user->listen_until)
			hear(user, report, now);
	}
}

static void hear_response(struct bm_host *host, const struct bm_hci_report *report, bm_time now)
{
	for (size_t i = 0; i < BM_HOST_USERS; i++) {
		const struct bm_host_user *user = &host->users[i];
		if (user->ops.scan_response && listens(user, now))
			user->ops.scan_response(user->ctx, report->addr, report->data, report->len, now);
	}
}

void bm_host_reports(struct bm_host *host, bool extended, struct bm_reader *r, bm_time now)
{
	struct bm_hci_report report;
	bool known;
	for (unsigned count = bm_read_u8(r); count > 0; count--) {
		if (!bm_hci_read_report(r, extended, &report, &known))
			return;
		if (!known || host->state != BM_HOST_UP)
			continue;
		if (report.scan_response)
			hear_response(host, &report, now);
		else
			bm_host_hear(host, NULL, &report, now);
	}
}
