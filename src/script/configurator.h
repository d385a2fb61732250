/*
 * The configuration of a node just provisioned, request by request, for whoever plays the provisioner: the one inside
 * `blemesh run`, and a script's. It has no thread and no timer of its own: it says when it wants to be run.
 *
 *   COMPOSITION ─▶ APP_KEY ─▶ SETTINGS ─▶ MODELS (for each: bound, subscribed, published) ─▶ done
 *
 * A request that is not answered is repeated, a few times; what the node refuses is told and the rest goes on.
 */
#ifndef BM_SCRIPT_CONFIGURATOR_H
#define BM_SCRIPT_CONFIGURATOR_H

#include "blemesh/config.h"
#include "blemesh/node.h"

#define BM_CONFIG_ATTEMPTS 3u
#define BM_CONFIG_TARGETS_MAX 8u
#define BM_CONFIG_MODELS_MAX 32u

/* A group or unicast address, or a label. */
struct bm_config_target {
	uint16_t addr;
	bool has_label;
	uint8_t label[BM_UUID_LEN];
};

/* What the node is to be given. Zero-initialised it is asked for its composition and nothing else. */
struct bm_config_plan {
	bool with_app_key; /* gives it, and binds the models to it */
	uint16_t app_idx;
	uint8_t app_key[BM_KEY_LEN];
	bool has_ttl, has_relay, has_beacon;
	uint8_t ttl;
	bool relay, beacon;
	/* The models that are meant; none named: all that take an application key, but only those above foundation
	 * subscribe and publish. */
	struct bm_model_id models[BM_CONFIG_MODELS_MAX];
	size_t model_count;
	bool models_named;
	int element; /* of this element alone; -1: of all */
	struct bm_config_target subscribe[BM_CONFIG_TARGETS_MAX];
	size_t subscribe_count;
	bool has_publish; /* an address of 0 ends the publication */
	struct bm_config_target publish;
	uint8_t publish_ttl, publish_period;
};

enum bm_config_news_kind {
	BM_CONFIG_NEWS_COMPOSITION, /* elements, models; page0 */
	BM_CONFIG_NEWS_APP_KEY,     /* the node has it */
	BM_CONFIG_NEWS_STEP,        /* text: what was done */
	BM_CONFIG_NEWS_REFUSED,     /* text: what, and why */
	BM_CONFIG_NEWS_AGAIN,       /* text: why it begins anew */
	BM_CONFIG_NEWS_FAILED,      /* text: why it ended */
	BM_CONFIG_NEWS_DONE,        /* models: bound; refused: how many things were */
	BM_CONFIG_NEWS_IDLE,        /* the last request of a configuration given up has ended */
};

struct bm_config_news {
	enum bm_config_news_kind kind;
	unsigned elements, models, refused;
	const char *text;
	const uint8_t *page0; /* Composition Data Page 0, without its number; valid during the call */
	size_t page0_len;
};

struct bm_config_model {
	uint16_t element_addr;
	struct bm_model_id id;
};

struct bm_configurator {
	struct bm_node *node;
	void *ctx;
	void (*told)(void *ctx, const struct bm_config_news *news, bm_time now);
	struct bm_config_plan plan;
	uint16_t addr;
	enum bm_config_step { BM_CONFIG_COMPOSITION, BM_CONFIG_APP_KEY, BM_CONFIG_SETTINGS, BM_CONFIG_MODELS } step;
	bool active, request_open, stale; /* stale: the open request belongs to a configuration given up */
	bm_time request_at;               /* BM_TIME_NEVER: none is due */
	unsigned attempts, refused, bound;
	struct bm_config_model *models;
	size_t model_count, model_next;
	unsigned part; /* of the settings, or of what a model is given */
};

/* Zero-initialise the rest. told may begin another configuration when it hears of an end. */
void bm_configurator_init(struct bm_configurator *c, struct bm_node *node,
			  void (*told)(void *ctx, const struct bm_config_news *news, bm_time now), void *ctx);
void bm_configurator_begin(struct bm_configurator *c, uint16_t addr, const struct bm_config_plan *plan, bm_time now);
/* Nothing more is told of it but that it is idle, if a request is open. */
void bm_configurator_give_up(struct bm_configurator *c);
bm_time bm_configurator_deadline(const struct bm_configurator *c);
void bm_configurator_run(struct bm_configurator *c, bm_time now);
/* Gives up, frees and wipes. No request may be answered any more: the node is about to go. */
void bm_configurator_free(struct bm_configurator *c);

/* Models under the device key alone take no application key: Configuration, and those of the 1.1 foundation
 * (MshPRT 4.4: Remote Provisioning to Large Composition Data). Health is no such model, and Solicitation PDU RPL
 * Configuration and the Opcodes Aggregator neither. */
bool bm_model_takes_app_key(const struct bm_model_id *id);

#endif
