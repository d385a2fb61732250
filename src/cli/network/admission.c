/*
 * The phases, from the provisioner's events and states and the configurator's news. The device is written down in the
 * order that outlasts any end of the process: its address before it can get it, its document as soon as it is a node.
 */
#include "cli/network/admission.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/network/document.h"
#include "cli/network/keeper.h"
#include "script/prov_words.h"

/* A beacon that comes right after the data was on its way before. */
#define OLD_BEACON_US (3u * BM_US_PER_S)

const char *bm_admission_phase_name(enum bm_admission_phase phase)
{
	static const char *const names[] = {
		"link",        "authentication", "keys",  "enter_oob", "show_oob", "data", "unsure", "node",
		"composition", "app_key",        "bound", "refused",   "again",    "done", "failed",
	};
	return names[phase];
}

static void tell(struct bm_admission *a, enum bm_admission_phase phase, const struct bm_event *event, const char *text)
{
	const struct bm_admission_news news = {.phase = phase,
					       .event = event,
					       .addr = a->addr,
					       .elements = a->elements,
					       .models = phase == BM_ADMISSION_DONE ? a->bound : a->models,
					       .text = text};
	a->told(a->ctx, &news);
}

static struct bm_network *network_of(const struct bm_admission *a)
{
	return bm_session_network(a->session);
}

static json_t *document_of(const struct bm_admission *a)
{
	return bm_network_node(network_of(a), a->addr);
}

/* A refused write ends the session, which says so itself. */
static void keep(const struct bm_admission *a)
{
	json_t *document = document_of(a);
	if (document)
		(void)!bm_network_keep_node(network_of(a), document);
}

static void fail(struct bm_admission *a, const char *text)
{
	a->provisioning = a->asking = a->configuring = false;
	bm_wipe(&a->configurator.plan, sizeof a->configurator.plan);
	tell(a, BM_ADMISSION_FAILED, NULL, text);
}

/* Which model the configurator's news are about, as it is still at it. */
static void on_bound(struct bm_admission *a, const char *text)
{
	const struct bm_configurator *c = &a->configurator;
	if (c->step != BM_CONFIG_MODELS || c->model_next >= c->model_count)
		return;
	const struct bm_config_model *model = &c->models[c->model_next];
	bm_document_bind(document_of(a), (unsigned)(model->element_addr - a->addr), &model->id, c->plan.app_idx);
	a->bound++;
	a->told(a->ctx, &(struct bm_admission_news){
				.phase = BM_ADMISSION_BOUND, .addr = a->addr, .text = text, .model = model});
}

static void take_composition(struct bm_admission *a, const struct bm_config_news *news)
{
	a->elements = news->elements;
	a->models = news->models;
	json_t *document = document_of(a);
	if (document && bm_document_take_composition(document, news->page0, news->page0_len))
		keep(a);
	tell(a, BM_ADMISSION_COMPOSITION, NULL, NULL);
}

static void config_ends(struct bm_admission *a)
{
	json_t *document = document_of(a);
	if (document)
		json_object_set_new(document, "configComplete", json_true());
	keep(a);
	a->configuring = false;
	tell(a, BM_ADMISSION_DONE, NULL, NULL);
}

static void on_config(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct bm_admission *a = ctx;
	char text[200];
	(void)now;
	switch (news->kind) {
	case BM_CONFIG_NEWS_COMPOSITION:
		take_composition(a, news);
		return;
	case BM_CONFIG_NEWS_APP_KEY:
		if (document_of(a))
			bm_document_add_index(document_of(a), "appKeys", a->configurator.plan.app_idx);
		keep(a);
		tell(a, BM_ADMISSION_APP_KEY, NULL, NULL);
		return;
	case BM_CONFIG_NEWS_STEP:
		on_bound(a, news->text);
		return;
	case BM_CONFIG_NEWS_REFUSED:
		tell(a, BM_ADMISSION_REFUSED, NULL, news->text);
		return;
	case BM_CONFIG_NEWS_AGAIN:
		tell(a, BM_ADMISSION_AGAIN, NULL, news->text);
		return;
	case BM_CONFIG_NEWS_FAILED:
		keep(a);
		snprintf(text, sizeof text, "it is node 0x%04x, but not configured: %s", a->addr, news->text);
		fail(a, text);
		return;
	case BM_CONFIG_NEWS_DONE:
		config_ends(a);
		return;
	case BM_CONFIG_NEWS_IDLE:
		return;
	}
}

void bm_admission_configure(struct bm_admission *a, uint16_t addr)
{
	struct bm_config_plan plan = {.with_app_key = true, .element = -1};
	a->addr = addr;
	a->bound = a->models = 0;
	if (!bm_keeper_find_key(bm_session_node(a->session), BM_KEY_APP, 0, plan.app_key)) {
		fail(a, "the network has no application key 0 (blemesh keys add app 0)");
		return;
	}
	a->configuring = true;
	bm_configurator_init(&a->configurator, bm_session_node(a->session), on_config, a);
	bm_configurator_begin(&a->configurator, addr, &plan, bm_session_now(a->session));
	bm_wipe(&plan, sizeof plan);
}

/* A device that was a node before is another one now. */
static void forget_former(const struct bm_admission *a)
{
	struct bm_network *network = network_of(a);
	const json_t *former;
	while ((former = bm_network_node_of(network, a->how.uuid))) {
		const uint16_t addr = bm_document_addr(former);
		if (bm_network_exclude(network, addr, bm_document_elements(former)) ||
		    bm_network_forget_node(network, addr))
			return;
		(void)!bm_node_remove_dev_key(bm_session_node(a->session), addr);
	}
}

static json_t *new_document(const struct bm_admission *a)
{
	json_t *document = bm_document_new_node(a->how.uuid, a->addr, a->elements);
	if (a->how.name)
		json_object_set_new(document, "name", json_string(a->how.name));
	json_object_set_new(document, "security", json_string(a->how.require_auth ? "secure" : "insecure"));
	json_object_set_new(bm_document_own(document), "lastSeen", bm_document_of_now());
	return document;
}

static enum bm_err expect(const struct bm_admission *a)
{
	json_t *document = new_document(a);
	const enum bm_err err = bm_network_expect_node(network_of(a), document);
	json_decref(document);
	return err;
}

static void joined(struct bm_admission *a, const struct bm_event *event)
{
	forget_former(a);
	json_t *document = new_document(a);
	const enum bm_err err = bm_network_keep_node(network_of(a), document);
	json_decref(document);
	if (!err)
		bm_network_expect_no_more(network_of(a), a->addr);
	if (err) {
		fail(a, "it is a node now, but that cannot be written down: reset it (is the disk full?)");
		return;
	}
	tell(a, BM_ADMISSION_NODE, event, NULL);
	if (a->how.no_config)
		tell(a, BM_ADMISSION_DONE, NULL, NULL);
	else
		bm_admission_configure(a, a->addr);
}

static void on_complete(struct bm_admission *a, const struct bm_event *event)
{
	a->provisioning = false;
	a->addr = event->addr;
	a->elements = event->elements;
	joined(a, event);
}

/* It may have the address, whatever is heard of it; nobody can ask it any more. */
static void drop_unsure(struct bm_admission *a)
{
	struct bm_network *network = network_of(a);
	a->asking = false;
	bm_configurator_give_up(&a->configurator);
	(void)!bm_node_remove_dev_key(bm_session_node(a->session), a->addr);
	bm_network_expect_no_more(network, a->addr);
	(void)!bm_network_exclude(network, a->addr, a->elements);
}

static void give_up_unsure(struct bm_admission *a, const char *why)
{
	char text[400];
	drop_unsure(a);
	snprintf(text, sizeof text,
		 "%s, after the network's keys were sent: it may be node 0x%04x without our knowing (if it is heard no "
		 "more, reset it by hand)",
		 why, a->addr);
	a->addr = BM_ADDR_UNASSIGNED;
	fail(a, text);
}

static void on_asked(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct bm_admission *a = ctx;
	char why[sizeof a->failure + 16];
	(void)now;
	if (!a->asking)
		return;
	if (news->kind == BM_CONFIG_NEWS_DONE) {
		a->asking = false;
		joined(a, NULL);
	} else if (news->kind == BM_CONFIG_NEWS_FAILED) {
		snprintf(why, sizeof why, "%s, and no answer", a->failure);
		give_up_unsure(a, why);
	}
}

/* MshPRT 5.4.2.5: it may be a node without having said so. With its device key it can be asked. */
static void ask(struct bm_admission *a, const struct bm_event *failed)
{
	const struct bm_config_plan nothing = {.element = -1};
	a->provisioning = false;
	a->asking = true;
	a->asked_since = failed->now;
	bm_prov_failure_text(failed, NULL, a->failure, sizeof a->failure);
	tell(a, BM_ADMISSION_UNSURE, failed, a->failure);
	bm_configurator_init(&a->configurator, bm_session_node(a->session), on_asked, a);
	bm_configurator_begin(&a->configurator, a->addr, &nothing, failed->now);
}

static void on_failed(struct bm_admission *a, const struct bm_event *event)
{
	char why[128], text[400];
	a->provisioning = false;
	if (event->data_may_be_out) {
		if (a->why)
			give_up_unsure(a, a->why);
		else
			ask(a, event);
		return;
	}
	if (a->addr)
		bm_network_expect_no_more(network_of(a), a->addr);
	if (a->why) {
		snprintf(text, sizeof text, "%s", a->why);
	} else if (event->result == BM_ERR_TIMEOUT) {
		snprintf(text, sizeof text, "no answer in time: waited for %s", a->waits_for);
	} else if (!a->chosen && event->result == BM_ERR_AUTH) {
		snprintf(text, sizeof text,
			 "it does not offer what was asked for to authenticate it (--oob, "
			 "--require-auth)");
	} else if (bm_prov_refused(event)) {
		snprintf(text, sizeof text, "the authentication failed: the value is not the device's");
	} else {
		bm_prov_failure_text(event, NULL, why, sizeof why);
		snprintf(text, sizeof text, "%s, while waiting for %s", why, a->waits_for);
	}
	a->addr = BM_ADDR_UNASSIGNED;
	fail(a, text);
}

/* Now it is known how many elements it has. The address is taken whatever comes of it. */
static void on_caps(struct bm_admission *a, const struct bm_event *event)
{
	struct bm_network *network = network_of(a);
	a->elements = event->elements;
	a->addr = a->how.addr ? a->how.addr : bm_network_free_address(network, event->elements);
	if (!a->addr) {
		bm_admission_cancel(a, "no unicast address is left for it");
		return;
	}
	if (!bm_network_is_free(network, a->addr, a->elements)) {
		snprintf(a->reason, sizeof a->reason, "it has %u elements, and 0x%04x to 0x%04x are not all free",
			 a->elements, a->addr, a->addr + a->elements - 1u);
		bm_admission_cancel(a, a->reason);
		return;
	}
	if (event->method != BM_PROV_NO_OOB)
		a->how.require_auth = true;
	if (bm_network_take_address(network, a->addr, a->elements) || expect(a)) {
		bm_admission_cancel(a, "its address cannot be written down (is the disk full?)");
		return;
	}
	if (bm_node_provision_addr(bm_session_node(a->session), a->how.uuid, a->addr)) {
		bm_admission_cancel(a, "its addresses are not free");
		return;
	}
	a->chosen = true;
	tell(a, BM_ADMISSION_CHOSEN, event, NULL);
}

static void start(struct bm_admission *a);

/* Heard unprovisioned. Who asked for an address by its number cannot have another. */
static void on_seen(struct bm_admission *a, const struct bm_event *event)
{
	if (event->now < bm_time_add(a->asked_since, OLD_BEACON_US))
		return;
	if (a->anew || a->how.addr) {
		give_up_unsure(a, a->failure);
		return;
	}
	drop_unsure(a);
	tell(a, BM_ADMISSION_AGAIN, NULL, "it is no node: it is provisioned anew, with another address");
	a->anew = true;
	start(a);
}

void bm_admission_event(struct bm_admission *a, const struct bm_event *event)
{
	if (!event->uuid || memcmp(event->uuid, a->how.uuid, BM_UUID_LEN) != 0)
		return;
	if (a->asking && event->kind == BM_EVENT_DEVICE_SEEN)
		on_seen(a, event);
	if (!a->provisioning)
		return;
	switch (event->kind) {
	case BM_EVENT_PROVISION_LINK:
		tell(a, BM_ADMISSION_LINK, event, NULL);
		return;
	case BM_EVENT_PROVISION_CAPS:
		on_caps(a, event);
		return;
	case BM_EVENT_PROVISION_ENTER_OOB:
		tell(a, BM_ADMISSION_ENTER, event, NULL);
		return;
	case BM_EVENT_PROVISION_SHOW_OOB:
		tell(a, BM_ADMISSION_SHOW, event, NULL);
		return;
	case BM_EVENT_PROVISION_COMPLETE:
		on_complete(a, event);
		return;
	case BM_EVENT_PROVISION_FAILED:
		on_failed(a, event);
		return;
	default:
		return;
	}
}

void bm_admission_trace(struct bm_admission *a, const struct bm_trace *trace)
{
	static const struct {
		const char *state, *waits_for;
	} STATES[] = {
		{"link", "its answer to the opening of the link"},
		{"capabilities", "its capabilities"},
		{"public_key", "its public key"},
		{"key_sent", "its acknowledgment of our public key"},
		{"oob", "the value that it shows"},
		{"input_complete", "somebody to enter the value at the device"},
		{"confirmation", "its confirmation value"},
		{"random", "its random number"},
		{"complete", "its word that it is complete"},
	};
	if (!a->provisioning || trace->kind != BM_TRACE_STATE || strcmp(trace->module, "provisioner") != 0)
		return;
	for (size_t i = 0; i < BM_ARRAY_LEN(STATES); i++)
		if (strcmp(trace->to, STATES[i].state) == 0)
			a->waits_for = STATES[i].waits_for;
	const bool had_keys = strcmp(trace->from, "public_key") == 0 || strcmp(trace->from, "key_sent") == 0;
	if (had_keys && strcmp(trace->to, "free") != 0 && strcmp(trace->to, "key_sent") != 0)
		tell(a, BM_ADMISSION_KEYS, NULL, NULL);
	if (strcmp(trace->to, "complete") == 0)
		tell(a, BM_ADMISSION_DATA, NULL, NULL);
}

static void start(struct bm_admission *a)
{
	const struct bm_admission_how *how = &a->how;
	a->provisioning = true;
	a->chosen = false;
	a->why = NULL;
	a->waits_for = how->bearer == BM_PROV_BEARER_GATT ? "a connection to it"
							  : "its answer to the opening of the link";
	a->addr = BM_ADDR_UNASSIGNED;
	a->elements = a->models = a->bound = 0;
	struct bm_provision_params params = {
		.bearer = how->bearer,
		.net_idx = BM_NET_IDX_PRIMARY,
		.require_auth = how->require_auth,
		.static_oob = how->static_oob,
		.static_oob_len = how->static_oob_len,
		.no_output_oob = how->no_output_oob,
		.no_input_oob = how->no_input_oob,
	};
	memcpy(params.uuid, how->uuid, sizeof params.uuid);
	const enum bm_err err = bm_node_provision(bm_session_node(a->session), &params, bm_session_now(a->session));
	if (err && a->provisioning)
		fail(a, bm_err_text(err));
}

void bm_admission_begin(struct bm_admission *a, const struct bm_admission_how *how)
{
	a->how = *how;
	a->anew = false;
	start(a);
}

bool bm_admission_value(struct bm_admission *a, const struct bm_event *asked, const char *text)
{
	struct bm_oob_value value = {.is_text = asked->action == BM_PROV_OUTPUT_TEXT};
	const size_t len = strlen(text);
	if (len == 0 || len > 8 || (!value.is_text && strspn(text, "0123456789") != len))
		return false;
	if (value.is_text)
		for (size_t i = 0; i < len; i++)
			value.text[i] = (char)toupper((unsigned char)text[i]);
	else
		value.number = (uint32_t)strtoul(text, NULL, 10);
	const enum bm_err err = bm_node_provision_oob(bm_session_node(a->session), a->how.uuid, &value,
						      bm_session_now(a->session));
	bm_wipe(&value, sizeof value);
	return err != BM_ERR_INVALID && err != BM_ERR_PROHIBITED && err != BM_ERR_TOO_LONG;
}

void bm_admission_cancel(struct bm_admission *a, const char *why)
{
	if (a->provisioning) {
		a->why = why;
		bm_node_provision_cancel(bm_session_node(a->session), a->how.uuid, bm_session_now(a->session));
	} else if (a->asking) {
		give_up_unsure(a, why);
	} else if (a->configuring) {
		char text[200];
		bm_configurator_give_up(&a->configurator);
		keep(a);
		snprintf(text, sizeof text, "it is node 0x%04x, but not configured: %s", a->addr, why);
		fail(a, text);
	}
}

bool bm_admission_is_busy(const struct bm_admission *a)
{
	return a->provisioning || a->asking || a->configuring;
}

static bm_time actor_deadline(void *ctx)
{
	const struct bm_admission *a = ctx;
	return a->asking || a->configuring ? bm_configurator_deadline(&a->configurator) : BM_TIME_NEVER;
}

static void actor_run(void *ctx, bm_time now)
{
	struct bm_admission *a = ctx;
	bm_configurator_run(&a->configurator, now);
}

void bm_admission_init(struct bm_admission *a, struct bm_session *session,
		       void (*told)(void *ctx, const struct bm_admission_news *news), void *ctx)
{
	a->session = session;
	a->told = told;
	a->ctx = ctx;
	a->actor = (struct bm_actor){.deadline = actor_deadline, .run = actor_run, .ctx = a};
	bm_runtime_add_actor(bm_session_runtime(session), &a->actor);
}

void bm_admission_free(struct bm_admission *a)
{
	a->provisioning = a->asking = a->configuring = false;
	bm_configurator_free(&a->configurator);
}
