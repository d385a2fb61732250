/*
 * What the files of the analyzer share: what it remembers, and the way from a layer to the next.
 */
#ifndef BM_CLI_DECODE_ANALYZER_STATE_H
#define BM_CLI_DECODE_ANALYZER_STATE_H

#include "cli/decode/analyzer.h"
#include "pdu/lower_transport.h"
#include "pdu/pb_adv.h"
#include "prov/protocol.h"
#include "proxy/sar.h"

#define BM_AN_MESSAGES 64u
#define BM_AN_SEEN 512u
#define BM_AN_PB_LINKS 16u
#define BM_AN_GATT_LINKS 16u
#define BM_AN_HANDLES 8u
#define BM_AN_L2CAP_MAX 600u
/* A Transaction Start and 63 continuations. */
#define BM_AN_PROV_MAX (BM_PB_ADV_START_DATA + BM_PB_ADV_SEG_MAX * BM_PB_ADV_CONTINUATION_DATA)

/* The segments of a message. */
struct bm_an_message {
	bool used, done;
	uint16_t net, src, dst;
	uint32_t iv_index, seq_auth;
	struct bm_lower_pdu first; /* of the segments, the one seen first: what all have in common */
	uint32_t got;
	size_t len;
	uint8_t octets[BM_UPPER_ACCESS_MAX];
	uint64_t touched;
};

/* A Network PDU that was seen: repeats of it, and relayed ones, tell nothing new. */
struct bm_an_seen {
	bool used;
	uint16_t net, src;
	uint32_t iv_index, seq;
};

/* What provisioning PDUs of one attempt said, for the keys of its session. */
struct bm_an_exchange {
	bool active;
	unsigned seen; /* bit n: PDU type n */
	uint8_t inputs[BM_PROV_INPUTS_LEN];
	uint8_t public_keys;
	uint8_t randoms;
	uint8_t random[2][BM_PROV_CONFIRMATION_MAX];
};

/* A provisioning PDU being put together; by who sends it. */
struct bm_an_prov_rx {
	bool active, done;
	uint8_t transaction, fcs, seg_n;
	uint16_t total_len;
	uint64_t got;
	uint8_t octets[BM_AN_PROV_MAX];
};

struct bm_an_pb_link {
	bool used;
	uint32_t link_id;
	struct bm_an_prov_rx rx[2]; /* enum bm_prov_side */
	struct bm_an_exchange exchange;
	uint64_t touched;
};

struct bm_an_l2cap {
	size_t need, len; /* need 0: nothing is under way */
	uint8_t octets[BM_AN_L2CAP_MAX];
};

struct bm_an_gatt_link {
	bool used;
	uint32_t id;
	struct {
		uint16_t handle, uuid;
	} handles[BM_AN_HANDLES];
	uint8_t handle_count;
	struct bm_an_l2cap l2cap[2];   /* by direction: to the server of the link layer's view, or from it */
	struct bm_proxy_sar_rx sar[2]; /* written, notified */
	struct bm_an_exchange exchange;
	uint64_t touched;
};

struct bm_analyzer {
	struct bm_keyring keys;
	bool has_private_key;
	uint8_t private_key[32];
	struct bm_report *report;
	uint64_t clock; /* counts what is remembered: the least lately touched makes room */
	struct bm_an_message messages[BM_AN_MESSAGES];
	struct bm_an_seen seen[BM_AN_SEEN];
	size_t seen_next;
	struct bm_an_pb_link pb_links[BM_AN_PB_LINKS];
	struct bm_an_gatt_link gatt_links[BM_AN_GATT_LINKS];
};

/* analyzer_adv.c */
bool bm_an_is_ad(const uint8_t *octets, size_t len, bool mesh_alone);
void bm_an_ad(struct bm_analyzer *an, const uint8_t *octets, size_t len);
void bm_an_ad_structure(struct bm_analyzer *an, uint8_t type, const uint8_t *payload, size_t len);
void bm_an_adv_pdu(struct bm_analyzer *an, const uint8_t *octets, size_t len);
/* analyzer_beacon.c */
void bm_an_beacon(struct bm_analyzer *an, const uint8_t *octets, size_t len);
void bm_an_service_data(struct bm_analyzer *an, uint16_t uuid, const uint8_t *octets, size_t len);
/* analyzer_network.c */
void bm_an_network(struct bm_analyzer *an, const uint8_t *octets, size_t len);
/* "NetKey 0" and the like, into text. */
void bm_an_put_net(struct bm_analyzer *an, const struct bm_opened *opened);
/* Says why a PDU stayed closed. */
void bm_an_closed(struct bm_analyzer *an, enum bm_err err, uint8_t nid);
/* analyzer_upper.c */
void bm_an_control(struct bm_analyzer *an, const struct bm_opened *opened, uint8_t opcode, const uint8_t *params,
		   size_t len);
void bm_an_upper_access(struct bm_analyzer *an, const struct bm_opened *opened, const struct bm_lower_pdu *lower,
			uint32_t seq, const uint8_t *octets, size_t len);
void bm_an_access(struct bm_analyzer *an, const uint8_t *octets, size_t len, bool authentic);
/* analyzer_prov.c; side: who sent it, or -1 if that is not known. */
void bm_an_pb_adv(struct bm_analyzer *an, const uint8_t *octets, size_t len);
void bm_an_provisioning(struct bm_analyzer *an, struct bm_an_exchange *exchange, int side, const uint8_t *octets,
			size_t len);
/* analyzer_gatt.c; direction 0: written to the server, 1: notified by it */
void bm_an_proxy(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction, const uint8_t *octets,
		 size_t len);
void bm_an_l2cap(struct bm_analyzer *an, struct bm_an_gatt_link *link, int direction, bool start, const uint8_t *octets,
		 size_t len);
struct bm_an_gatt_link *bm_an_gatt_link(struct bm_analyzer *an, uint32_t id);
void bm_an_gatt_forget(struct bm_analyzer *an, uint32_t id);
/* analyzer_link.c */
void bm_an_ll(struct bm_analyzer *an, int direction, const uint8_t *octets, size_t len);
/* analyzer_hci.c */
void bm_an_hci(struct bm_analyzer *an, int direction, const uint8_t *octets, size_t len);
/* Its indicator apart. */
void bm_an_hci_packet(struct bm_analyzer *an, int direction, uint8_t indicator, const uint8_t *octets, size_t len);

#endif
