/*
 * Networks for scenarios: lamps (OnOff server, a vendor model that takes any payload), switches, a provisioner.
 */
#ifndef BM_TESTS_NETWORK_H
#define BM_TESTS_NETWORK_H

#include "blemesh/config.h"
#include "blemesh/onoff.h"
#include "sim/world.h"

#define NETWORK_APP_IDX 0x000
#define OP_BLOB BM_OPCODE_VENDOR(0x01, 0x02c4)

/* A node with an OnOff server, an OnOff client and a vendor model. */
struct lamp {
	struct bm_world_node *wn;
	struct bm_onoff_server server;
	struct bm_onoff_client client;
	struct bm_model vendor;
	int changes;  /* calls of on_change */
	int statuses; /* OnOff Status messages received */
	bool last_status;
	uint16_t status_src;
	int blobs; /* vendor messages received */
	uint8_t blob[BM_ACCESS_MAX];
	size_t blob_len;
	int sent; /* done callbacks */
	enum bm_err sent_result;
};

struct network {
	struct bm_world *world;
	struct bm_world_node *provisioner;
	uint8_t net_key[16], app_key[16];
	uint16_t next_addr;
	uint8_t bearer; /* to provision over; 0: PB-ADV */
	/* of the provisioning under way */
	int completed, failed;
	bool data_may_be_out; /* the device may be a node although it failed */
	enum bm_prov_method method;
	enum bm_prov_alg alg;
	struct bm_oob_value shown; /* what the device under way put out */
	bool answer_oob;
	int oob_requests;
	enum bm_prov_error error;
	/* of the request under way */
	bool answered;
	enum bm_err answer;
	uint8_t answer_params[BM_ACCESS_MAX];
	size_t answer_len;
};

struct network *network_new(uint64_t seed);
void network_free(struct network *network);
struct bm_node_config network_provisioner_config(void);

/* Adds a lamp, started but unprovisioned. config NULL: the world's. */
void lamp_init(struct lamp *lamp, struct network *network, const struct bm_node_config *config);
/* The same, but its vendor model extends its OnOff server. */
void lamp_init_extending(struct lamp *lamp, struct network *network);
/* Makes it a node without a provisioner: addr, the network's keys, everything bound. */
void lamp_join(struct lamp *lamp, struct network *network, uint16_t addr);

/* Lets the lamp be found and provisions it; the address it got, or 0. */
uint16_t network_provision(struct network *network, struct lamp *lamp, uint64_t timeout_us);
/* One Configuration request, until answered. True if the answer came; it stands in network->answer_params. */
bool network_config(struct network *network, uint16_t dst, uint32_t opcode, const uint8_t *params, size_t len);
/* AppKey Add and the binding of the lamp's models; true if all succeeded. */
bool network_configure(struct network *network, uint16_t addr);
/* AppKey Add, and the binding of the Solicitation PDU RPL Configuration Server and of the provisioner's client. */
bool network_configure_solicitations(struct network *network, uint16_t addr);

struct bm_tx tx_to(uint16_t dst);
bm_time network_now(const struct network *network);
/* Sends a vendor message of len octets in all. */
enum bm_err lamp_send_blob(struct lamp *lamp, const struct bm_tx *tx, size_t len);

/* A recorder of everything a station sends, to be sent again. */
struct recorder {
	size_t count;
	struct {
		uint8_t len;
		uint8_t octets[64];
	} frames[4096];
};
void recorder_attach(struct recorder *recorder, struct network *network);

#endif
