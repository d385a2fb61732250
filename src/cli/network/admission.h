/*
 * One device after another becomes a node of the network: provisioned, written down, and configured (composition,
 * AppKey 0, every model that takes one bound to it). For commands: it sends no text, but tells each phase.
 *
 *   idle ─begin▶ link ▶ invited ▶ chosen ▶ keys ▶ (value) ▶ data ▶ a node ▶ composition ▶ AppKey ▶ models ▶ done
 *                  └──────────────────────── failed: where, and what was waited for ────────────────┘
 *
 * Whose word is lost after data may be a node: it is asked, with its device key (unsure). An answer: a node. A beacon:
 * once more from the beginning, with another address. Neither: failed.
 */
#ifndef BM_CLI_NETWORK_ADMISSION_H
#define BM_CLI_NETWORK_ADMISSION_H

#include "cli/network/session.h"
#include "script/configurator.h"

enum bm_admission_phase {
	BM_ADMISSION_LINK,        /* the device acknowledged the link */
	BM_ADMISSION_CHOSEN,      /* event: PROVISION_CAPS; addr */
	BM_ADMISSION_KEYS,        /* public keys were exchanged */
	BM_ADMISSION_ENTER,       /* event: PROVISION_ENTER_OOB; answer with bm_admission_value */
	BM_ADMISSION_SHOW,        /* event: PROVISION_SHOW_OOB */
	BM_ADMISSION_DATA,        /* both sides know the value; the network's keys are on their way */
	BM_ADMISSION_UNSURE,      /* text: why; addr: it may be this node, and is asked */
	BM_ADMISSION_NODE,        /* addr, elements: it is a node of the network */
	BM_ADMISSION_COMPOSITION, /* elements, models */
	BM_ADMISSION_APP_KEY,
	BM_ADMISSION_BOUND,   /* text: a model, that was bound */
	BM_ADMISSION_REFUSED, /* text: what the node refused, and why; the rest goes on */
	BM_ADMISSION_AGAIN,   /* text: why a request is made once more */
	BM_ADMISSION_DONE,    /* addr, elements; models: bound */
	BM_ADMISSION_FAILED,  /* text: at which step, and why; addr: it is a node all the same */
};

/* "link", "authentication", "keys", … as JSON has it. */
const char *bm_admission_phase_name(enum bm_admission_phase phase);

struct bm_admission_news {
	enum bm_admission_phase phase;
	const struct bm_event *event;
	uint16_t addr;
	unsigned elements, models;
	const char *text;
	const struct bm_config_model *model; /* of BOUND */
};

/* Zero-initialise, then set what differs. */
struct bm_admission_how {
	uint8_t uuid[BM_UUID_LEN];
	uint8_t bearer;   /* BM_PROV_BEARER_ADV or _GATT */
	uint16_t addr;    /* BM_ADDR_UNASSIGNED: the next free one */
	const char *name; /* NULL: none */
	bool no_config, require_auth, no_output_oob, no_input_oob;
	const uint8_t *static_oob; /* NULL: none known; stays valid */
	size_t static_oob_len;
};

struct bm_admission {
	struct bm_session *session;
	void (*told)(void *ctx, const struct bm_admission_news *news);
	void *ctx;
	struct bm_actor actor;
	struct bm_admission_how how;
	bool provisioning, asking, configuring;
	bool anew;         /* it is provisioned for the second time */
	char failure[128]; /* why it is not sure: may be a refusal, which nobody can authenticate */
	bm_time asked_since;
	bool chosen;                 /* how it is authenticated */
	const char *waits_for, *why; /* why: we gave up ourselves */
	char reason[96];
	uint16_t addr;
	unsigned elements, models, bound;
	struct bm_configurator configurator;
};

/* Zero-initialised memory that stays until bm_admission_free. told may begin the next admission when it hears of an
 * end (DONE or FAILED). */
void bm_admission_init(struct bm_admission *admission, struct bm_session *session,
		       void (*told)(void *ctx, const struct bm_admission_news *news), void *ctx);
/* Before the session is closed, no matter what is under way. */
void bm_admission_free(struct bm_admission *admission);
/* Every event and trace of the session. */
void bm_admission_event(struct bm_admission *admission, const struct bm_event *event);
void bm_admission_trace(struct bm_admission *admission, const struct bm_trace *trace);

/* FAILED is told if it cannot even begin. */
void bm_admission_begin(struct bm_admission *admission, const struct bm_admission_how *how);
/* Configures a node that is one already. */
void bm_admission_configure(struct bm_admission *admission, uint16_t addr);
/* The answer to ENTER: digits, or text if that was asked for. False: it cannot be right, and may be given again. */
bool bm_admission_value(struct bm_admission *admission, const struct bm_event *asked, const char *text);
/* Gives up; FAILED follows, with why (which stays valid). */
void bm_admission_cancel(struct bm_admission *admission, const char *why);
bool bm_admission_is_busy(const struct bm_admission *admission);

#endif
