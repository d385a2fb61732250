/*
 * Mesh beacons (MshPRT 3.10) and the service data of the mesh services (7.1.2.2, 7.2.2.2, 6.9.1): read, and checked
 * with the keys there are.
 */
#include <string.h>

#include "base/env.h"
#include "cli/decode/analyzer_state.h"
#include "pdu/beacon.h"
#include "proxy/identity.h"

#define SERVICE_PROVISIONING 0x1827u
#define SERVICE_PROXY 0x1828u
#define SERVICE_SOLICITATION 0x1859u

static void put_oob_info(struct bm_analyzer *an, uint16_t oob_info)
{
	bm_report_hex(an->report, "oob_information", oob_info, 4);
}

static void unprovisioned(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_unprovisioned_beacon beacon;
	const enum bm_err err = bm_unprovisioned_beacon_decode(octets, len, &beacon);
	bm_report_enter(an->report, "beacon", "Unprovisioned Device beacon");
	if (err) {
		bm_report_problem(an->report, "%s", bm_err_text(err));
	} else {
		bm_report_octets(an->report, "uuid", beacon.uuid, BM_UUID_LEN);
		put_oob_info(an, beacon.oob_info);
		if (beacon.has_uri_hash)
			bm_report_octets(an->report, "uri_hash", beacon.uri_hash, sizeof beacon.uri_hash);
	}
	bm_report_leave(an->report);
}

static void put_data(struct bm_analyzer *an, const struct bm_beacon_data *data)
{
	bm_report_hex(an->report, "iv_index", data->iv_index, 8);
	bm_report_string(an->report, "iv_update", data->iv_update ? "in progress" : "no");
	bm_report_string(an->report, "key_refresh", data->key_refresh ? "phase 2" : "no");
}

static void put_authentic(struct bm_analyzer *an, struct bm_ring_net *net, const struct bm_beacon_data *data)
{
	bm_report_number(an->report, "net_key_index", net->index, NULL);
	bm_report_string(an->report, "authentication", "matches");
	bm_ring_net_iv(net, data->iv_index);
}

static void secure(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_secure_beacon beacon;
	const enum bm_err err = bm_secure_beacon_decode(octets, len, &beacon);
	bm_report_enter(an->report, "beacon", "Secure Network beacon");
	if (err) {
		bm_report_problem(an->report, "%s", bm_err_text(err));
		bm_report_leave(an->report);
		return;
	}
	const struct bm_beacon_data data = {beacon.key_refresh, beacon.iv_update, beacon.iv_index};
	bool known = false;
	bm_report_octets(an->report, "network_id", beacon.network_id, sizeof beacon.network_id);
	put_data(an, &data);
	for (size_t i = 0; i < an->keys.net_count && !known; i++) {
		struct bm_ring_net *net = an->keys.nets[i];
		uint8_t mac[16];
		if (memcmp(net->keys.network_id, beacon.network_id, sizeof beacon.network_id) != 0)
			continue;
		bm_cmac(&net->keys.beacon, octets + BM_SECURE_BEACON_AUTH_AT, BM_SECURE_BEACON_AUTH_LEN, mac);
		known = true;
		if (bm_equal_constant_time(mac, beacon.authentication, sizeof beacon.authentication))
			put_authentic(an, net, &data);
		else
			bm_report_problem(an->report, "its authentication value does not match NetKey %u", net->index);
	}
	if (!known)
		bm_report_problem(an->report, "not checked: no network key with this Network ID");
	bm_report_leave(an->report);
}

static void private(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_private_beacon beacon;
	const enum bm_err err = bm_private_beacon_decode(octets, len, &beacon);
	bm_report_enter(an->report, "beacon", "Mesh Private beacon");
	if (err) {
		bm_report_problem(an->report, "%s", bm_err_text(err));
		bm_report_leave(an->report);
		return;
	}
	bool known = false;
	bm_report_octets(an->report, "random", beacon.random, sizeof beacon.random);
	for (size_t i = 0; i < an->keys.net_count && !known; i++) {
		struct bm_ring_net *net = an->keys.nets[i];
		uint8_t clear[BM_PRIVATE_BEACON_DATA_LEN];
		struct bm_beacon_data data;
		if (bm_ccm_decrypt(&net->keys.private_beacon, beacon.random, NULL, 0, beacon.sealed, sizeof clear,
				   clear, BM_PRIVATE_BEACON_TAG_LEN) != BM_OK)
			continue;
		bm_private_beacon_data_decode(clear, &data);
		put_data(an, &data);
		put_authentic(an, net, &data);
		known = true;
	}
	if (!known)
		bm_report_problem(an->report, "closed: no network key opens it");
	bm_report_leave(an->report);
}

void bm_an_beacon(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	const uint8_t type = len ? octets[0] : 0xff;
	switch (type) {
	case BM_BEACON_UNPROVISIONED:
		unprovisioned(an, octets, len);
		return;
	case BM_BEACON_SECURE_NETWORK:
		secure(an, octets, len);
		return;
	case BM_BEACON_PRIVATE:
		private
		(an, octets, len);
		return;
	default:
		bm_report_enter(an->report, "beacon", "Mesh beacon");
		if (len)
			bm_report_hex(an->report, "type", type, 2);
		bm_report_problem(an->report, len ? "a beacon of a type that is not known" : "it has no octets");
		bm_report_leave(an->report);
	}
}

/* Who says so, if a key of ours tells. */
static void put_who(struct bm_analyzer *an, const struct bm_proxy_id *id)
{
	const bool of_node = id->type == BM_PROXY_ID_NODE || id->type == BM_PROXY_ID_PRIVATE_NODE;
	for (size_t i = 0; i < an->keys.net_count; i++) {
		const struct bm_ring_net *net = an->keys.nets[i];
		for (size_t d = 0; d < (of_node ? an->keys.dev_count : 1); d++) {
			const uint16_t addr = of_node ? an->keys.devs[d]->addr : BM_ADDR_UNASSIGNED;
			if (!bm_proxy_is(&net->keys, addr, id))
				continue;
			bm_report_number(an->report, "net_key_index", net->index, NULL);
			if (of_node)
				bm_report_hex(an->report, "node", addr, 4);
			return;
		}
	}
	bm_report_problem(an->report, of_node ? "no node that is known (its device key is needed)"
					      : "no network whose key is known");
}

static void proxy_id(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	static const char *const NAMES[] = {"Network ID", "Node Identity", "Private Network Identity",
					    "Private Node Identity"};
	struct bm_proxy_id id;
	memset(&id, 0, sizeof id);
	const enum bm_err err = bm_proxy_id_decode(octets, len, &id);
	bm_report_enter(an->report, "service_data", "Mesh Proxy Service");
	if (err) {
		bm_report_problem(an->report, "%s", bm_err_text(err));
	} else {
		bm_report_string(an->report, "identification", "%s", NAMES[id.type]);
		if (id.type == BM_PROXY_ID_NETWORK) {
			bm_report_octets(an->report, "network_id", id.network_id, sizeof id.network_id);
		} else {
			bm_report_octets(an->report, "hash", id.hash, sizeof id.hash);
			bm_report_octets(an->report, "random", id.random, sizeof id.random);
		}
		put_who(an, &id);
	}
	bm_report_leave(an->report);
}

static void solicitation(struct bm_analyzer *an, const uint8_t *octets, size_t len)
{
	struct bm_opened opened;
	bm_report_enter(an->report, "service_data", "Mesh Proxy Solicitation Service");
	if (len == 0 || octets[0] != 0) {
		bm_report_problem(an->report, "an identification type that is not known");
	} else {
		const enum bm_err err = bm_keyring_open_proxy(&an->keys, BM_NET_SOLICITATION, octets + 1, len - 1,
							      &opened);
		if (err) {
			bm_an_closed(an, err, len > 1 ? octets[1] & 0x7f : 0);
		} else {
			bm_report_number(an->report, "net_key_index", an->keys.nets[opened.net]->index, NULL);
			bm_report_hex(an->report, "sseq", opened.header.seq, 6);
			bm_report_hex(an->report, "ssrc", opened.header.src, 4);
		}
	}
	bm_report_leave(an->report);
}

void bm_an_service_data(struct bm_analyzer *an, uint16_t uuid, const uint8_t *octets, size_t len)
{
	uint8_t device[BM_UUID_LEN];
	uint16_t oob_info;
	switch (uuid) {
	case SERVICE_PROVISIONING:
		bm_report_enter(an->report, "service_data", "Mesh Provisioning Service");
		if (bm_prov_service_data_decode(octets, len, device, &oob_info) != BM_OK) {
			bm_report_problem(an->report, "it has %zu octets instead of %u", len, BM_PROV_SERVICE_DATA_LEN);
		} else {
			bm_report_octets(an->report, "uuid", device, sizeof device);
			put_oob_info(an, oob_info);
		}
		bm_report_leave(an->report);
		return;
	case SERVICE_PROXY:
		proxy_id(an, octets, len);
		return;
	case SERVICE_SOLICITATION:
		solicitation(an, octets, len);
		return;
	default:
		bm_report_octets(an->report, "data", octets, len);
	}
}
