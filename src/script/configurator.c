/*
 * What comes after what, and the answers.
 */
#include "script/configurator.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/env.h"
#include "script/configurator_requests.h"
#include "script/prov_words.h"

#define BUSY_PAUSE_US (200u * BM_US_PER_MS)
#define FAILED_PAUSE_US (5u * BM_US_PER_S)

static void tell(struct bm_configurator *c, enum bm_config_news_kind kind, const char *text, bm_time now)
{
	const struct bm_config_news news = {.kind = kind, .text = text, .models = c->bound, .refused = c->refused};
	c->told(c->ctx, &news, now);
}

static void fail(struct bm_configurator *c, const char *text, bm_time now)
{
	const bool again = ++c->attempts < BM_CONFIG_ATTEMPTS;
	c->active = again;
	if (again)
		c->request_at = bm_time_add(now, FAILED_PAUSE_US);
	tell(c, again ? BM_CONFIG_NEWS_AGAIN : BM_CONFIG_NEWS_FAILED, text, now);
}

static void next_step(struct bm_configurator *c, bm_time now)
{
	c->step++;
	c->part = 0;
	c->request_at = now;
}

/* Server and client (MshPRT 4.4.19, 4.4.20). */
static bool is_aggregator(const struct bm_model_id *id)
{
	return !id->vendor && (id->id == 0x0010 || id->id == 0x0011);
}

bool bm_model_takes_app_key(const struct bm_model_id *id)
{
	return id->vendor || id->id == 0x0002 || id->id == 0x0003 || is_aggregator(id) || id->id > 0x0013;
}

static bool same_model(const struct bm_model_id *a, const struct bm_model_id *b)
{
	return a->vendor == b->vendor && a->id == b->id && (!a->vendor || a->company == b->company);
}

static bool is_meant(const struct bm_configurator *c, unsigned element, const struct bm_model_id *id)
{
	const struct bm_config_plan *plan = &c->plan;
	if (plan->element >= 0 && (unsigned)plan->element != element)
		return false;
	/* Aggregators work under the device key as they are, and not every stack lets them be bound: who wants that
	 * names them. */
	if (!plan->models_named)
		return bm_model_takes_app_key(id) && !is_aggregator(id);
	for (size_t i = 0; i < plan->model_count; i++)
		if (same_model(&plan->models[i], id))
			return true;
	return false;
}

/* Reads the composition and picks the models that are meant. False if it cannot be read. */
static bool take_models(struct bm_configurator *c, const uint8_t *page0, size_t len, unsigned *elements,
			unsigned *models)
{
	struct bm_composition composition;
	struct bm_composition_element element;
	struct bm_model_id id;
	free(c->models);
	/* A model takes two octets at least. */
	c->models = calloc(len / 2 + 1, sizeof *c->models);
	c->model_count = c->model_next = 0;
	c->bound = c->refused = 0;
	if (!c->models)
		return false;
	enum bm_err err = bm_composition_read(&composition, page0, len);
	while (err == BM_OK && (err = bm_composition_next_element(&composition, &element)) == BM_OK) {
		while (bm_composition_next_model(&element, &id) == BM_OK) {
			++*models;
			if (is_meant(c, *elements, &id))
				c->models[c->model_count++] = (struct bm_config_model){(uint16_t)(c->addr + *elements),
										       id};
		}
		++*elements;
	}
	return err == BM_ERR_NOT_FOUND && *elements > 0;
}

static void refuse(struct bm_configurator *c, const char *text, bm_time now)
{
	c->refused++;
	tell(c, BM_CONFIG_NEWS_REFUSED, text, now);
}

/* A model that was asked for by its number and is not there. */
static void miss_models(struct bm_configurator *c, bm_time now)
{
	for (size_t i = 0; i < c->plan.model_count && c->active; i++) {
		const struct bm_model_id *wanted = &c->plan.models[i];
		bool found = false;
		char name[16], text[80];
		for (size_t k = 0; k < c->model_count && !found; k++)
			found = same_model(&c->models[k].id, wanted);
		if (found)
			continue;
		bm_config_model_name(wanted, name, sizeof name);
		if (c->plan.element >= 0)
			snprintf(text, sizeof text, "element %d has no model %s", c->plan.element, name);
		else
			snprintf(text, sizeof text, "it has no model %s", name);
		refuse(c, text, now);
	}
}

static void take_composition(struct bm_configurator *c, const uint8_t *params, size_t len, bm_time now)
{
	struct bm_config_news news = {.kind = BM_CONFIG_NEWS_COMPOSITION};
	/* The page's number comes first (MshPRT 4.3.2.5). */
	if (len < 2 || params[0] != 0 || !take_models(c, params + 1, len - 1, &news.elements, &news.models)) {
		fail(c, "its composition data cannot be read", now);
		return;
	}
	news.page0 = params + 1;
	news.page0_len = len - 1;
	c->told(c->ctx, &news, now);
	if (!c->active)
		return;
	next_step(c, now);
	miss_models(c, now);
}

static void take_app_key_status(struct bm_configurator *c, const uint8_t *params, size_t len, bm_time now)
{
	char text[80];
	if (len >= 1 && params[0] == BM_CONFIG_SUCCESS) {
		tell(c, BM_CONFIG_NEWS_APP_KEY, NULL, now);
		next_step(c, now);
		return;
	}
	snprintf(text, sizeof text, "it refused the application key: %s",
		 len < 1 ? "no status" : bm_config_status_text(params[0]));
	fail(c, text, now);
}

static void take_setting(struct bm_configurator *c, const uint8_t *params, size_t len, bm_time now)
{
	char text[80];
	if (bm_config_setting_done(c, params, len, text, sizeof text))
		tell(c, BM_CONFIG_NEWS_STEP, text, now);
	else
		refuse(c, text, now);
	c->part++;
	c->request_at = now;
}

static void take_model_status(struct bm_configurator *c, const uint8_t *params, size_t len, bm_time now)
{
	char what[64], text[128];
	const bool done = len >= 1 && params[0] == BM_CONFIG_SUCCESS;
	const bool is_binding = c->plan.with_app_key && c->part == 0;
	bm_config_model_text(c, what, sizeof what);
	snprintf(text, sizeof text, "%s: %s", what, len < 1 ? "no status" : bm_config_status_text(params[0]));
	if (is_binding && done)
		c->bound++;
	c->part++;
	c->request_at = now;
	if (done)
		tell(c, BM_CONFIG_NEWS_STEP, what, now);
	else
		refuse(c, text, now);
}

static void on_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	static const char *const what[] = {"read its composition data", "add the application key", "change a setting",
					   "bind a model"};
	struct bm_configurator *c = ctx;
	const bool stale = c->stale;
	(void)opcode;
	c->request_open = c->stale = false;
	if (stale || !c->active) {
		tell(c, BM_CONFIG_NEWS_IDLE, NULL, now);
		return;
	}
	if (result != BM_OK) {
		char text[96];
		snprintf(text, sizeof text, "could not %s: %s",
			 c->step == BM_CONFIG_MODELS && !(c->plan.with_app_key && c->part == 0) ? "set a model up"
												: what[c->step],
			 bm_err_text(result));
		fail(c, text, now);
		return;
	}
	switch (c->step) {
	case BM_CONFIG_COMPOSITION:
		take_composition(c, params, len, now);
		return;
	case BM_CONFIG_APP_KEY:
		take_app_key_status(c, params, len, now);
		return;
	case BM_CONFIG_SETTINGS:
		take_setting(c, params, len, now);
		return;
	case BM_CONFIG_MODELS:
		take_model_status(c, params, len, now);
		return;
	}
}

/* Passes over what is not wanted. False when nothing is left to ask for. */
static bool find_next(struct bm_configurator *c, bm_time now)
{
	if (c->step == BM_CONFIG_APP_KEY && !c->plan.with_app_key)
		next_step(c, now);
	while (c->step == BM_CONFIG_SETTINGS && !bm_config_wants_setting(c))
		if (++c->part > BM_CONFIG_LAST_SETTING)
			next_step(c, now);
	while (c->step == BM_CONFIG_MODELS && c->model_next < c->model_count && !bm_config_wants_part(c))
		if (++c->part > bm_config_last_part(c)) {
			c->part = 0;
			c->model_next++;
		}
	return c->step != BM_CONFIG_MODELS || c->model_next < c->model_count;
}

void bm_configurator_init(struct bm_configurator *c, struct bm_node *node,
			  void (*told)(void *ctx, const struct bm_config_news *news, bm_time now), void *ctx)
{
	c->node = node;
	c->told = told;
	c->ctx = ctx;
	c->request_at = BM_TIME_NEVER;
}

void bm_configurator_begin(struct bm_configurator *c, uint16_t addr, const struct bm_config_plan *plan, bm_time now)
{
	c->plan = *plan;
	c->addr = addr;
	c->step = BM_CONFIG_COMPOSITION;
	c->active = true;
	c->stale = c->request_open;
	c->attempts = c->refused = c->bound = c->part = 0;
	c->model_count = c->model_next = 0;
	c->request_at = now;
}

void bm_configurator_give_up(struct bm_configurator *c)
{
	c->active = false;
	c->stale = c->request_open;
	bm_wipe(&c->plan, sizeof c->plan);
}

bm_time bm_configurator_deadline(const struct bm_configurator *c)
{
	return c->active && !c->request_open ? c->request_at : BM_TIME_NEVER;
}

void bm_configurator_run(struct bm_configurator *c, bm_time now)
{
	if (bm_configurator_deadline(c) > now)
		return;
	c->request_at = BM_TIME_NEVER;
	if (!find_next(c, now)) {
		c->active = false;
		bm_wipe(c->plan.app_key, sizeof c->plan.app_key);
		tell(c, BM_CONFIG_NEWS_DONE, NULL, now);
		return;
	}
	/* The answer may come within the call. */
	c->request_open = true;
	const enum bm_err err = bm_config_send(c, on_done, now);
	if (err == BM_OK)
		return;
	c->request_open = false;
	if (err == BM_ERR_BUSY)
		c->request_at = bm_time_add(now, BUSY_PAUSE_US);
	else
		fail(c, bm_err_text(err), now);
}

void bm_configurator_free(struct bm_configurator *c)
{
	bm_configurator_give_up(c);
	free(c->models);
	c->models = NULL;
}
