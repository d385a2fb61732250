/*
 * A node with every model of the library, server and client, and a vendor model: for tests that walk over all messages.
 * Its primary element has them all; the secondary one has an OnOff server alone. What reaches it is kept, so that a
 * test compares octets.
 */
#ifndef BM_TESTS_FULL_NODE_H
#define BM_TESTS_FULL_NODE_H

#include "blemesh/default_transition_time.h"
#include "blemesh/health.h"
#include "blemesh/level.h"
#include "blemesh/onoff.h"
#include "blemesh/request.h"
#include "blemesh/sensor.h"
#include "support/network.h"

#define FULL_MODELS 12
#define FULL_COMPANY 0x02c4
#define FULL_SETTING 0x002e
#define FULL_TEST 0x07 /* the Health test that finds FULL_FAULT */
#define FULL_FAULT 0x03
#define FULL_MANY_FAULTS 4

/* The vendor model's messages (MshPRT 3.7.2.1: three octets). Store keeps octets, and is answered by Stored with all of
 * them; Store Unacknowledged is not. */
#define OP_VENDOR_STORE BM_OPCODE_VENDOR(0x0a, FULL_COMPANY)
#define OP_VENDOR_STORE_UNACK BM_OPCODE_VENDOR(0x0b, FULL_COMPANY)
#define OP_VENDOR_STORED BM_OPCODE_VENDOR(0x0c, FULL_COMPANY)

struct full_node {
	struct network *network;
	struct bm_world_node *wn;
	uint16_t addr;
	/* servers */
	struct bm_onoff_server onoff, second; /* second: on the secondary element */
	struct bm_level_server level;
	struct bm_default_transition_time_server default_time;
	struct bm_sensor_server sensor;
	struct bm_sensor_setup_server sensor_setup;
	struct bm_sensor sensors[3];
	struct bm_sensor_cadence_state cadence;
	struct bm_sensor_setting setting;
	struct bm_sensor_series series;
	uint8_t setting_raw[2];
	struct bm_health_faults faults;
	int attention; /* seconds, as last told */
	int attentions;
	/* clients */
	struct bm_onoff_client onoff_client;
	struct bm_level_client level_client;
	struct bm_default_transition_time_client default_time_client;
	struct bm_sensor_client sensor_client;
	struct bm_health_client health_client;
	/* both */
	struct bm_model vendor;
	uint8_t stored[BM_ACCESS_MAX];
	size_t stored_len;
	int stores, unanswered;
	/* in the order of addition; the secondary element's comes last */
	struct bm_model *models[FULL_MODELS];
	size_t model_count;
	/* the last access message that reached one of its models */
	int heard;
	uint16_t heard_src;
	uint8_t payload[BM_ACCESS_MAX];
	size_t len;
	/* the request under way */
	int done;
	enum bm_err result;
};

/* Adds it to the network, a member with address addr (and addr + 1) whose models are bound to NETWORK_APP_IDX; the
 * provisioner holds its device key. */
void full_node_join(struct full_node *full, struct network *network, uint16_t addr);
void full_node_join_with(struct full_node *full, struct network *network, uint16_t addr,
			 const struct bm_node_config *config);
/* Makes it a member again after a reset, at another address: others remember its sequence numbers. */
void full_node_rejoin(struct full_node *full, uint16_t addr);
/* The configuration that full_node_join gives it. */
struct bm_node_config full_node_config(void);

/* Sends an acknowledged message, hexadecimal opcode and parameters, with the client model that takes the answer, until
 * it is answered: result, and the answer in payload. */
enum bm_err full_node_ask(struct full_node *full, uint16_t dst, const char *hex, uint32_t status);
/* The same, and fails the test unless this is the answer. */
void full_node_expect(struct full_node *full, uint16_t dst, const char *hex, const char *answer);
/* Sends octets as they are from the vendor model, under the application key. */
void full_node_say(struct full_node *full, const struct bm_tx *tx, const char *hex);
/* A Configuration request of the provisioner; fails the test unless these are the answer's parameters. */
void full_node_configure(struct full_node *full, uint32_t opcode, const char *params, const char *answer);

#endif
