/*
 * Health Server and Client (MshPRT 4.2.15 to 4.2.17, 4.3.3, 4.4.3, 4.4.4): faults of each company, tests, the fast
 * period divisor and the attention timer. Every node has a Health Server in its primary element
 * (bm_node_health_server); an author may add others to other elements.
 */
#ifndef BLEMESH_HEALTH_H
#define BLEMESH_HEALTH_H

#include <stddef.h>

#include "blemesh/base.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"
#include "blemesh/model.h"

struct bm_node;

/* Opcodes (MshPRT 4.3.4). */
#define BM_OP_HEALTH_CURRENT_STATUS 0x04u
#define BM_OP_HEALTH_FAULT_STATUS 0x05u
#define BM_OP_HEALTH_ATTENTION_GET 0x8004u
#define BM_OP_HEALTH_ATTENTION_SET 0x8005u
#define BM_OP_HEALTH_ATTENTION_SET_UNACK 0x8006u
#define BM_OP_HEALTH_ATTENTION_STATUS 0x8007u
#define BM_OP_HEALTH_FAULT_CLEAR 0x802fu
#define BM_OP_HEALTH_FAULT_CLEAR_UNACK 0x8030u
#define BM_OP_HEALTH_FAULT_GET 0x8031u
#define BM_OP_HEALTH_FAULT_TEST 0x8032u
#define BM_OP_HEALTH_FAULT_TEST_UNACK 0x8033u
#define BM_OP_HEALTH_PERIOD_GET 0x8034u
#define BM_OP_HEALTH_PERIOD_SET 0x8035u
#define BM_OP_HEALTH_PERIOD_SET_UNACK 0x8036u
#define BM_OP_HEALTH_PERIOD_STATUS 0x8037u

#define BM_HEALTH_TEST_STANDARD 0x00u /* the test that every server knows */
/* The period is divided by two to this power at most (MshPRT 4.2.17). */
#define BM_HEALTH_FAST_PERIOD_DIVISOR_MAX 15u
#define BM_HEALTH_FAULTS_MAX 16u /* faults a server holds of each company */

/* Health Current Status and Health Fault Status. */
struct bm_health_fault_status {
	uint8_t test_id; /* of the test run last */
	uint16_t company;
	const uint8_t *faults; /* fault_count codes (MshPRT 4.2.15.1); valid during the call */
	size_t fault_count;
};

/* opcode: BM_OP_HEALTH_CURRENT_STATUS or BM_OP_HEALTH_FAULT_STATUS. */
void bm_health_put_fault_status(struct bm_writer *w, uint32_t opcode, const struct bm_health_fault_status *status);
/* Parameters, without the opcode. BM_ERR_TOO_SHORT. */
BM_MUST_USE enum bm_err bm_health_read_fault_status(struct bm_reader *params, struct bm_health_fault_status *status);

/* Fault codes, each once, in the order they came. */
struct bm_health_fault_list {
	uint8_t count;
	uint8_t codes[BM_HEALTH_FAULTS_MAX];
};

/* One company's faults. The author fills in company alone. */
struct bm_health_faults {
	uint16_t company;
	uint8_t test_id;                        /* of the test run last */
	struct bm_health_fault_list current;    /* present now */
	struct bm_health_fault_list registered; /* present at some time since they were cleared */
};

struct bm_health_server;

/* What the application may take part in; every member may be NULL. */
struct bm_health_server_ops {
	/* Runs a test for a company of the server and reports what it finds, with bm_health_server_fault and
	 * bm_health_server_fault_gone, before it returns: the answer is made then. A longer test returns at once and
	 * reports later. False: there is no such test, and no answer. NULL: there is BM_HEALTH_TEST_STANDARD alone,
	 * which finds nothing new. */
	bool (*test)(struct bm_health_server *server, uint16_t company, uint8_t test_id, bm_time now);
	/* Draw attention for so many seconds; 0: stop. NULL: BM_EVENT_ATTENTION tells the node's host. */
	void (*attention)(struct bm_health_server *server, uint8_t seconds, bm_time now);
};

struct bm_health_server {
	struct bm_model model;
	struct bm_health_faults *faults; /* one for each company; the author's */
	size_t company_count;
	const struct bm_health_server_ops *ops; /* may be NULL; may be set before bm_node_start */
	void *ctx;                              /* the author's */
	uint8_t fast_period_divisor;
	_Alignas(max_align_t) uint8_t opaque[64]; /* attention timer */
};

/* faults: company_count tables that stay the server's, companies filled in. */
void bm_health_server_init(struct bm_health_server *server, struct bm_health_faults *faults, size_t company_count,
			   const struct bm_health_server_ops *ops, void *ctx);

/* The server in the primary element. It has one company, the node's, until an author gives other tables by
 * bm_health_server_set_tables, before bm_node_start. */
struct bm_health_server *bm_node_health_server(struct bm_node *node);
void bm_health_server_set_tables(struct bm_health_server *server, struct bm_health_faults *faults,
				 size_t company_count);

/*
 * A fault is present: it is in the current and the registered faults until it is gone, or cleared by a client. A fault
 * known already is fine. What is new is published if the publication is configured, and the publication period is
 * divided from then on. BM_ERR_NOT_FOUND (company), BM_ERR_INVALID (fault 0 says "no fault"), BM_ERR_NO_SPACE (of one
 * list; the other has it).
 */
BM_MUST_USE enum bm_err bm_health_server_fault(struct bm_health_server *server, uint16_t company, uint8_t fault,
					       bm_time now);
/* A current fault is gone; it stays registered. BM_ERR_NOT_FOUND: the company, or the fault was not present. */
BM_MUST_USE enum bm_err bm_health_server_fault_gone(struct bm_health_server *server, uint16_t company, uint8_t fault,
						    bm_time now);
/* Sets the attention timer as Health Attention Set does. */
void bm_health_server_attention(struct bm_health_server *server, uint8_t seconds, bm_time now);
/* Seconds left, the running one counted whole; 0: off. */
uint8_t bm_health_server_attention_left(const struct bm_health_server *server);

struct bm_health_client;

/* What servers say; every member may be NULL. */
struct bm_health_client_ops {
	void (*current_status)(struct bm_health_client *client, const struct bm_health_fault_status *status,
			       const struct bm_rx *rx);
	void (*fault_status)(struct bm_health_client *client, const struct bm_health_fault_status *status,
			     const struct bm_rx *rx);
	void (*period_status)(struct bm_health_client *client, uint8_t fast_period_divisor, const struct bm_rx *rx);
	void (*attention_status)(struct bm_health_client *client, uint8_t seconds, const struct bm_rx *rx);
};

struct bm_health_client {
	struct bm_model model;
	const struct bm_health_client_ops *ops;
	void *ctx; /* the author's */
};

/* Makes a client; then bm_node_add_model takes client->model. ops may be NULL, and stays valid. */
void bm_health_client_init(struct bm_health_client *client, const struct bm_health_client_ops *ops, void *ctx);

/* Each sends one message; errors as of bm_model_send. ack: false sends the Unacknowledged message of that name. */
BM_MUST_USE enum bm_err bm_health_client_fault_get(struct bm_health_client *client, const struct bm_tx *tx,
						   uint16_t company, bm_time now);
BM_MUST_USE enum bm_err bm_health_client_fault_clear(struct bm_health_client *client, const struct bm_tx *tx,
						     uint16_t company, bool ack, bm_time now);
BM_MUST_USE enum bm_err bm_health_client_fault_test(struct bm_health_client *client, const struct bm_tx *tx,
						    uint16_t company, uint8_t test_id, bool ack, bm_time now);
BM_MUST_USE enum bm_err bm_health_client_period_get(struct bm_health_client *client, const struct bm_tx *tx,
						    bm_time now);
/* divisor: the period is divided by two to this power; 0 to 15, else BM_ERR_INVALID. */
BM_MUST_USE enum bm_err bm_health_client_period_set(struct bm_health_client *client, const struct bm_tx *tx,
						    uint8_t divisor, bool ack, bm_time now);
BM_MUST_USE enum bm_err bm_health_client_attention_get(struct bm_health_client *client, const struct bm_tx *tx,
						       bm_time now);
BM_MUST_USE enum bm_err bm_health_client_attention_set(struct bm_health_client *client, const struct bm_tx *tx,
						       uint8_t seconds, bool ack, bm_time now);

#endif
