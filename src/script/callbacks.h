/*
 * What waits for a board's callback thread: a bounded queue of callbacks, and the alarms that are due. One at a time,
 * in the order in which they came. When the queue is full the newest is lost and counted; alarms are never lost, each
 * waits at most once.
 */
#ifndef BM_SCRIPT_CALLBACKS_H
#define BM_SCRIPT_CALLBACKS_H

#include "script/threads.h"
#include "script/value.h"

#define BM_CALLBACKS_MAX 256u

struct bm_alarm;
struct bm_script_model;

enum bm_callback_kind {
	BM_CALLBACK_MODEL = 1,    /* state, event, opcode, model, message */
	BM_CALLBACK_PROV,         /* event, and in state the number to show, or none */
	BM_CALLBACK_ALARM,        /* alarm */
	BM_CALLBACK_DEVICE,       /* a device beacons: uuid, message.rssi, and in event its OOB information */
	BM_CALLBACK_DEVICE_EVENT, /* of a provisioner: event, uuid, state */
	BM_CALLBACK_OOB, /* uuid, action; state: what to enter at the device, or none: read it off the device */
};

/* The message behind a model's callback. */
struct bm_message {
	bool received; /* false: there is none (a local set, a time-out, a transition's end) */
	uint16_t src, dst, app_idx;
	int8_t rssi; /* dBm; 127: unknown */
	uint8_t ttl; /* as received */
};

struct bm_callback {
	enum bm_callback_kind kind;
	uint64_t order;
	void *function;        /* the binding's */
	struct bm_value state; /* owned: whoever takes the callback from the queue frees it */
	int event;
	uint32_t opcode;
	struct bm_script_model *model;
	struct bm_message message;
	struct bm_alarm *alarm;
	uint8_t uuid[BM_UUID_LEN];
	const char *action; /* in words; static */
	char text[128];     /* of a state that is text */
};

struct bm_callbacks {
	struct bm_gate gate;
	struct bm_callback ring[BM_CALLBACKS_MAX];
	size_t first, count;
	void *running; /* the function of the one taken last */
	uint64_t order;
	struct bm_alarm *alarms, **alarms_tail; /* due, in order */
	uint64_t lost;                          /* since the last report */
	bool closed;
};

void bm_callbacks_init(struct bm_callbacks *callbacks);
/* On the loop. False if it was lost; the state is still the caller's then. */
bool bm_callbacks_push(struct bm_runtime *rt, struct bm_callbacks *callbacks, const struct bm_callback *callback);
/* On the loop: an alarm is due. */
void bm_callbacks_push_alarm(struct bm_runtime *rt, struct bm_callbacks *callbacks, struct bm_alarm *alarm);
/* On the callback thread: waits for the next one. False once closed. */
bool bm_callbacks_next(struct bm_runtime *rt, struct bm_callbacks *callbacks, struct bm_callback *out);
void bm_callbacks_close(struct bm_runtime *rt, struct bm_callbacks *callbacks);
/* Functions that wait to be called, and the one that may be running. */
void bm_callbacks_each(struct bm_callbacks *callbacks, void (*each)(void *ctx, const void *function), void *ctx);
/* How many were lost since the last time it was asked. */
uint64_t bm_callbacks_take_lost(struct bm_callbacks *callbacks);

#endif
