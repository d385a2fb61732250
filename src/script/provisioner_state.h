/*
 * Members of a script's provisioner, for the files of that name alone.
 *
 *   HEARD ─provision▶ QUEUED ─a link is free▶ PROVISIONING ─complete▶ NODE ⇄ CONFIGURING
 *     ▲                                         │  │                 ▲  └─reset_node▶ RESETTING ─▶ HEARD
 *     │                         keys were sent  │  └▶ UNSURE ─answer─┘
 *     └───────────────── failed ────────────────┴────────┘ beacon, or no answer
 *
 * A NODE that beacons may be provisioned again; until that has succeeded it stays the node that it was.
 */
#ifndef BM_SCRIPT_PROVISIONER_STATE_H
#define BM_SCRIPT_PROVISIONER_STATE_H

#include "script/blinks.h"
#include "script/board.h"
#include "script/configurator.h"
#include "script/provisioner.h"

#define BM_KNOWN_DEVICES_MAX 256u
#define BM_PROVISIONER_LINKS 4u
#define BM_PROVISIONER_APP_KEYS 8u
#define BM_PROVISIONER_STATIC_OOB_MAX 32u
#define BM_PROVISIONER_PUBLIC_KEY_LEN 64u

enum bm_known_state {
	BM_KNOWN_HEARD,
	BM_KNOWN_QUEUED,
	BM_KNOWN_PROVISIONING,
	BM_KNOWN_UNSURE,
	BM_KNOWN_NODE,
	BM_KNOWN_CONFIGURING,
	BM_KNOWN_RESETTING,
};

/* Where the OOB value comes from. */
enum bm_oob_source { BM_OOB_NONE, BM_OOB_STATIC, BM_OOB_VALUE, BM_OOB_BLINKS, BM_OOB_ASK };

enum bm_outcome { BM_OUTCOME_NONE, BM_OUTCOME_OPEN, BM_OUTCOME_DONE, BM_OUTCOME_FAILED };

/* How the script wants a device to be provisioned. */
struct bm_known_how {
	enum bm_oob_source source;
	void *ask; /* the binding's */
	struct bm_oob_value value;
	uint8_t static_oob[BM_PROVISIONER_STATIC_OOB_MAX];
	size_t static_oob_len;
	bool has_public_key;
	uint8_t public_key[BM_PROVISIONER_PUBLIC_KEY_LEN];
	bool require_auth;
	uint8_t attention_s;
	uint16_t addr; /* unassigned: the next free one */
};

struct bm_known_device {
	struct bm_script_provisioner *provisioner;
	uint8_t uuid[BM_UUID_LEN];
	enum bm_known_state state;
	bool told;              /* to on_device */
	bool heard_again;       /* more than once, in all */
	bool heard_since;       /* a node: it beaconed after it had become one */
	bm_time heard, changed; /* its last beacon; when state was set */
	bool beacons;           /* on the advertising bearer; else only connectable, for PB-GATT */
	uint16_t oob_info;
	int8_t rssi;

	/* What is under way, and how the last thing ended. */
	void *function; /* its callback */
	uint64_t order; /* in the queue */
	enum bm_outcome outcome;
	char text[160];

	/* provisioning */
	struct bm_known_how how;
	struct bm_blinks blinks;
	bool caps_known;
	bool asked; /* the value is wanted since asked_at */
	bool asked_text;
	bm_time asked_at;
	const char *why; /* this attempt was given up by us */
	uint16_t reserved_addr;
	uint8_t reserved_elements;
	bool promised;        /* the address that the script named */
	uint16_t unsure_addr; /* it may be this node */
	uint8_t unsure_elements;
	bool tried_anew;   /* once without the script */
	char failure[128]; /* why, while it is not sure that it failed */

	/* as a node; addr 0: none */
	uint16_t addr;
	uint8_t elements;
	bool configured;
	uint8_t *page0;
	size_t page0_len;
	struct bm_configurator configurator;
	char first_refusal[128];
};

/* What became of an address. */
enum bm_addr_fate {
	BM_ADDR_FRESH,
	BM_ADDR_USED, /* a node had it that was reset or removed: only a script gives it again, by its number */
	BM_ADDR_LOST, /* somebody may have it whom nobody can ask: never given again */
};

struct bm_script_provisioner {
	struct bm_board *board;
	struct bm_node *node;
	void *function; /* of provisioner(); for what has none of its own */
	void *on_device;
	bool scanning;
	struct bm_known_device *devices[BM_KNOWN_DEVICES_MAX];
	size_t device_count;
	uint64_t order;
	uint32_t next_addr;
	uint8_t fates[0x8000]; /* enum bm_addr_fate, by address */
	struct bm_provisioner_app_key {
		uint16_t app_idx;
		bool kept; /* in a run before, and not named by the script in this one */
		uint8_t key[BM_KEY_LEN];
	} app_keys[BM_PROVISIONER_APP_KEYS];
	size_t app_key_count;
};

/* The provisioner of a board; NULL and a fault if there is none. */
struct bm_script_provisioner *bm_known_provisioner(struct bm_board *board, struct bm_fault *fault);
struct bm_known_device *bm_known_find(const struct bm_script_provisioner *p, const uint8_t *uuid);
/* By UUID (bytes) or address (int). NULL and a fault that tells why not. */
struct bm_known_device *bm_known_take(const struct bm_script_provisioner *p, const struct bm_value *value,
				      const char *name, struct bm_fault *fault);
/* Makes a fault unless nothing is under way with the device. */
bool bm_known_is_idle(const struct bm_known_device *device, struct bm_fault *fault);
void bm_known_set_state(struct bm_known_device *device, enum bm_known_state state);
/* Something begins; function: the callback given with it, or NULL. */
void bm_known_begin(struct bm_known_device *device, void *function);
/* Tells the callback of what is under way. */
void bm_known_tell(struct bm_known_device *device, int event, struct bm_value value);
void bm_known_tell_text(struct bm_known_device *device, int event, const char *text);
void bm_known_end(struct bm_known_device *device, enum bm_outcome outcome, const char *text);
/* It is no node of ours any more. */
void bm_known_forget_node(struct bm_known_device *device);
bool bm_take_octets(const struct bm_value *value, const char *name, size_t len, uint8_t *out, bool *given,
		    struct bm_fault *fault);

/* provisioner_devices.c */
void bm_known_heard(struct bm_script_provisioner *p, const struct bm_event *event);
void bm_known_tell_devices(struct bm_script_provisioner *p);

struct bm_known_device *bm_known_add(struct bm_script_provisioner *p, const uint8_t *uuid);

/* provisioner_kept.c: what outlasts the run, if the board has a store. */
/* False: the store refuses it. */
bool bm_provisioner_keep_next_addr(const struct bm_script_provisioner *p);
/* Before a device can get its address: a restart does not give it to another. False: the store refuses it. */
bool bm_known_promise(const struct bm_known_device *device, uint16_t addr, uint8_t elements);
void bm_known_keep(const struct bm_known_device *device);
void bm_known_keep_unsure(const struct bm_known_device *device);
/* Nobody has the address now; FRESH: nobody ever had. */
void bm_known_let_go(const struct bm_known_device *device, uint16_t addr, uint8_t elements, enum bm_addr_fate fate);
enum bm_addr_fate bm_provisioner_fate(const struct bm_script_provisioner *p, uint16_t addr, uint8_t elements);
/* Was this board a provisioner in the run before? */
bool bm_provisioner_was_kept(const struct bm_script_provisioner *p);
/* The node was restored: its application keys, its nodes and the next address are known again. */
void bm_provisioner_recall(struct bm_script_provisioner *p);

/* provisioner_unsure.c: begins to ask, for the first time or after a restart; the device was heard unprovisioned;
 * nobody wants to know any more. */
void bm_known_unsure(struct bm_known_device *device);
void bm_known_unsure_heard(struct bm_known_device *device);
void bm_known_unsure_drop(struct bm_known_device *device);

/* provisioner_links.c: it is a node of ours; the attempt failed; it is to be provisioned once more; whoever waits. */
void bm_known_joined(struct bm_known_device *device, uint16_t addr, uint8_t elements);
void bm_known_failed(struct bm_known_device *device, const char *text);
void bm_known_queue(struct bm_known_device *device);
void bm_provisioner_start_waiting(struct bm_script_provisioner *p);
void bm_known_link_event(struct bm_known_device *device, const struct bm_event *event);
void bm_known_watch(struct bm_known_device *device, bm_time now);

#endif
