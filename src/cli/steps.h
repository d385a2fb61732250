/*
 * The provisioner's steps, as events for whoever shows them.
 */
#ifndef BM_CLI_STEPS_H
#define BM_CLI_STEPS_H

#include "blemesh/node.h"

/* The name is what JSON carries. */
#define BM_STEP_LIST(X)                                                                  \
	X(FOUND, "found")             /* device */                                       \
	X(LINK, "link_open")          /* the device acknowledged the link */             \
	X(CAPABILITIES, "method")     /* method, action, alg */                          \
	X(WATCHING, "watching")       /* the LED is watched for blinks */                \
	X(COUNTED, "counted")         /* number: blinks */                               \
	X(READ_PRINT, "read_print")   /* number: no blink was seen, the board printed */ \
	X(NO_NUMBER, "no_number")     /* neither */                                      \
	X(SHOW, "enter_at_device")    /* number or text to be entered at the device */   \
	X(UNSURE, "unsure")           /* addr, text: it may be a node, and is asked */   \
	X(PROVISIONED, "provisioned") /* addr, elements */                               \
	X(COMPOSITION, "composition") /* elements, models */                             \
	X(APP_KEY, "app_key")         /* AppKey 0 is on the device */                    \
	X(BIND_FAILED, "bind_failed") /* text: which model, and why */                   \
	X(CONFIGURED, "configured")   /* models: bound */                                \
	X(FAILED, "failed")           /* text: why; it will be tried again */            \
	X(GIVEN_UP, "given_up")       /* text: why */                                    \
	X(READY, "ready")             /* all boards of this run are provisioned */

enum bm_step_kind {
#define X(name, text) BM_STEP_##name,
	BM_STEP_LIST(X)
#undef X
};

struct bm_step {
	enum bm_step_kind kind;
	bm_time at;
	const char *device;  /* a board's name, or the UUID in hexadecimal; NULL for READY */
	const uint8_t *uuid; /* 16 octets, or NULL */
	uint16_t addr;
	unsigned elements, models;
	bool has_number;
	uint32_t number;
	enum bm_prov_method method;
	uint8_t action;
	enum bm_prov_alg alg;
	const char *text;
};

const char *bm_step_name(enum bm_step_kind kind);
/* The step in words. */
void bm_step_text(const struct bm_step *step, char *out, size_t len);
/* What was chosen to authenticate the device: "blinking (output OOB)". */
const char *bm_step_method(const struct bm_step *step);

#endif
