/*
 * A provisioner and a device, each with an environment of its own, and an air between them that delays, loses and lets
 * a test look at, change or swallow what is on it. Virtual time, everything from a seed.
 */
#ifndef BM_TESTS_PROV_PAIR_H
#define BM_TESTS_PROV_PAIR_H

#include "prov/device.h"
#include "prov/device_state.h"
#include "prov/provisioner.h"
#include "prov/provisioner_state.h"

#define PAIR_AIR_MAX 256
#define PAIR_EVENTS_MAX 64
#define PAIR_LINKS_MAX 4

enum pair_end { PAIR_PROVISIONER, PAIR_DEVICE };

struct pair;

/* One transmission on its way. */
struct pair_frame {
	bm_time at;
	enum pair_end to;
	uint8_t ad_type, len;
	uint8_t octets[BM_ADV_PAYLOAD_MAX];
};

struct pair_side {
	struct pair *pair;
	enum pair_end end;
	struct bm_env env;
	uint32_t prng;
	uint32_t sent; /* transmissions */
	/* If set, takes part in every random draw: true if it filled out. */
	bool (*random)(struct pair *pair, uint8_t *out, size_t len);
	struct bm_event events[PAIR_EVENTS_MAX];
	int event_count;
};

struct pair {
	struct pair_side side[2];
	struct bm_prov_device device;
	struct bm_prov_exchange exchange; /* of the device */
	struct bm_provisioner provisioner;
	_Alignas(16) uint8_t memory[PAIR_LINKS_MAX * sizeof(struct bm_provisioner_session) + 64];
	struct pair_frame air[PAIR_AIR_MAX];
	int air_count;
	uint32_t prng;
	uint32_t loss_percent;
	/* If set, sees each transmission; false swallows it. It may change the octets. */
	bool (*filter)(struct pair *pair, enum pair_end from, uint8_t ad_type, uint8_t *octets, uint8_t *len);
	void *ctx;

	struct bm_provision_params params;
	bool find_devices; /* a DEVICE_SEEN starts provisioning */
	bool answer_oob;   /* the person carries OOB values over without an error */
	bm_time answer_delay;
	struct bm_oob_value shown; /* the last value output by either */
	bool is_shown;             /* on the present link */
	bm_time answer_at;
	enum bm_err provisioned_result; /* what the device's upper layer answers */
	bool reset_when_provisioned;    /* its upper layer starts the device anew at once */
	int provisioned;
	struct bm_prov_data data; /* what the device got */
	uint8_t device_key[16];
	enum bm_err room_result; /* what the provisioner's upper layer answers, and what it was asked */
	uint8_t room_elements;
	uint16_t room_others;
	int completed;
	uint16_t completed_addr;
	uint8_t completed_elements;
	uint8_t provisioner_key[16];
};

/* Two ends with defaults: one element, both algorithms, No OOB. */
void pair_init(struct pair *pair, uint32_t seed);
struct bm_prov_device_config pair_device_config(void);
void pair_set_device(struct pair *pair, const struct bm_prov_device_config *config);
/* Starts beaconing; the provisioner takes the device as soon as it hears it. */
void pair_start(struct pair *pair);
bm_time pair_now(const struct pair *pair);
void pair_run(struct pair *pair, uint64_t duration_us);
/* Runs until the provisioner has told an end, or the time is over. True if there was a success. */
bool pair_run_to_end(struct pair *pair, uint64_t duration_us);
/* The last event of a kind, or NULL. */
const struct bm_event *pair_event(const struct pair *pair, enum pair_end end, enum bm_event_kind kind);
int pair_count(const struct pair *pair, enum pair_end end, enum bm_event_kind kind);
/* Puts octets on the air to one end, for it alone, now. */
void pair_inject(struct pair *pair, enum pair_end to, const uint8_t *octets, size_t len);

/*
 * One hand-driven end, for peers that do not behave: speaks PB-ADV with whatever it is given, acknowledges what it
 * gets.
 */
struct pair_puppet {
	struct pair *pair;
	enum pair_end plays;
	uint32_t link_id;
	uint8_t transaction; /* the next one of its own */
	bool opened;
	bool closed;
	uint8_t close_reason;
	/* The last provisioning PDU it got whole. */
	int received;
	uint8_t pdu[80];
	size_t len;
	uint8_t failed; /* the error code of a Failed, or 0 */
	uint8_t rx_transaction;
	int rx_any;
	uint8_t buf[80];
	uint16_t total;
	int acks; /* acknowledgments it got */
};

/* The puppet takes one end's place; the real one is left unstarted. */
void puppet_init(struct pair_puppet *puppet, struct pair *pair, enum pair_end plays);
/* As a provisioner: opens a link to the device. */
void puppet_open(struct pair_puppet *puppet, uint32_t link_id);
/* Sends a provisioning PDU in as many segments as it takes, then lets both ends run for a while. */
void puppet_send(struct pair_puppet *puppet, const uint8_t *pdu, size_t len);
void puppet_send_raw(struct pair_puppet *puppet, const struct bm_pb_adv *pdu);

#endif
