/*
 * The configuration of a device: its composition is read, application key 0 is added, every model that can use it is
 * bound to it. A request that is not answered is repeated; a refused binding is told and the others go on.
 *
 *   COMPOSITION ─▶ APP_KEY ─▶ BIND ─▶ BIND ─▶ … ─▶ configured
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/player_state.h"

#define BUSY_PAUSE_US (200u * BM_US_PER_MS)
#define FAILED_PAUSE_US (5u * BM_US_PER_S)

static void on_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now);

static const char *status_name(uint8_t status)
{
	static const char *const NAMES[] = {
		"success",
		"invalid address",
		"invalid model",
		"invalid AppKey index",
		"invalid NetKey index",
		"insufficient resources",
		"key index already stored",
		"invalid publish parameters",
		"not a subscribe model",
		"storage failure",
		"feature not supported",
		"cannot update",
		"cannot remove",
		"cannot bind",
		"temporarily unable to change state",
		"cannot set",
		"unspecified error",
		"invalid binding",
	};
	return status < BM_ARRAY_LEN(NAMES) ? NAMES[status] : "unknown status";
}

/* Models under the device key alone take no application key: Configuration, and those of the 1.1 foundation
 * (MshPRT 4.4: Remote Provisioning to Solicitation PDU RPL Configuration). Health is no such model. */
static bool takes_app_key(const struct bm_model_id *id)
{
	return id->vendor || id->id == 0x0002 || id->id == 0x0003 || id->id > 0x0015;
}

static void fail(struct device *device, const char *text, bm_time now)
{
	const bool again = ++device->config_attempts < PLAYER_ATTEMPTS;
	player_tell(device, (struct bm_step){
				    .kind = again ? BM_STEP_FAILED : BM_STEP_GIVEN_UP,
				    .at = now,
				    .addr = device->addr,
				    .text = text,
			    });
	if (again)
		device->request_at = bm_time_add(now, FAILED_PAUSE_US);
	else
		player_set_state(device, DEVICE_GIVEN_UP, now);
}

static void take_composition(struct device *device, const uint8_t *params, size_t len, bm_time now)
{
	struct bm_composition composition;
	struct bm_composition_element element;
	struct bm_model_id id;
	enum bm_err err = BM_ERR_TOO_SHORT;
	unsigned elements = 0;
	/* The page's number comes first (MshPRT 4.3.2.5). A model takes two octets at least. */
	if (len > 1 && params[0] == 0)
		err = bm_composition_read(&composition, params + 1, len - 1);
	free(device->models);
	device->models = calloc(len / 2 + 1, sizeof *device->models);
	device->model_count = device->model_next = device->models_bound = 0;
	if (!device->models)
		err = BM_ERR_NO_SPACE;
	unsigned models = 0;
	while (err == BM_OK && (err = bm_composition_next_element(&composition, &element)) == BM_OK) {
		while (bm_composition_next_model(&element, &id) == BM_OK) {
			models++;
			if (takes_app_key(&id))
				device->models[device->model_count++] = (struct device_model){
					.element_addr = (uint16_t)(device->addr + elements),
					.id = id,
				};
		}
		elements++;
	}
	if (err != BM_ERR_NOT_FOUND || elements == 0) {
		fail(device, "its composition data cannot be read", now);
		return;
	}
	player_tell(device, (struct bm_step){.kind = BM_STEP_COMPOSITION,
					     .at = now,
					     .addr = device->addr,
					     .elements = elements,
					     .models = models});
	device->step = CONFIG_APP_KEY;
	device->request_at = now;
}

static void take_app_key_status(struct device *device, const uint8_t *params, size_t len, bm_time now)
{
	char text[80];
	if (len < 1 || params[0] != BM_CONFIG_SUCCESS) {
		snprintf(text, sizeof text, "it refused the application key: %s",
			 len < 1 ? "no status" : status_name(params[0]));
		fail(device, text, now);
		return;
	}
	player_tell(device, (struct bm_step){.kind = BM_STEP_APP_KEY, .at = now, .addr = device->addr});
	device->player->ops.keys_changed(device->player->ops.ctx);
	device->step = CONFIG_BIND;
	device->request_at = now;
}

static void take_bind_status(struct device *device, const uint8_t *params, size_t len, bm_time now)
{
	const struct device_model *model = &device->models[device->model_next++];
	if (len >= 1 && params[0] == BM_CONFIG_SUCCESS) {
		device->models_bound++;
	} else {
		char text[80];
		snprintf(text, sizeof text, "model 0x%04x of element 0x%04x: %s", model->id.id, model->element_addr,
			 len < 1 ? "no status" : status_name(params[0]));
		player_tell(device, (struct bm_step){.kind = BM_STEP_BIND_FAILED, .at = now, .text = text});
	}
	device->request_at = now;
}

static void on_done(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	struct device *device = ctx;
	(void)opcode;
	device->request_open = false;
	device->player->next = 0;
	/* It was reset meanwhile and is on its way in again. */
	if (device->state != DEVICE_CONFIGURING)
		return;
	if (result != BM_OK) {
		char text[96];
		static const char *const WHAT[] = {"read its composition data", "add the application key",
						   "bind a model"};
		snprintf(text, sizeof text, "could not %s: %s", WHAT[device->step], bm_err_text(result));
		fail(device, text, now);
		return;
	}
	switch (device->step) {
	case CONFIG_COMPOSITION:
		take_composition(device, params, len, now);
		return;
	case CONFIG_APP_KEY:
		take_app_key_status(device, params, len, now);
		return;
	case CONFIG_BIND:
		take_bind_status(device, params, len, now);
		return;
	}
}

static enum bm_err send_request(struct device *device, bm_time now)
{
	struct bm_player *player = device->player;
	const struct device_model *model;
	switch (device->step) {
	case CONFIG_COMPOSITION:
		return bm_config_composition_get(player->node, BM_NET_IDX_PRIMARY, device->addr, 0, on_done, device,
						 now);
	case CONFIG_APP_KEY:
		return bm_config_app_key_add(player->node, BM_NET_IDX_PRIMARY, device->addr, PLAYER_APP_IDX,
					     player->app_key, on_done, device, now);
	case CONFIG_BIND:
		model = &device->models[device->model_next];
		return bm_config_model_app_bind(player->node, BM_NET_IDX_PRIMARY, device->addr, model->element_addr,
						PLAYER_APP_IDX, &model->id, on_done, device, now);
	}
	return BM_ERR_INVALID;
}

void player_config_begin(struct device *device, bm_time now)
{
	device->step = CONFIG_COMPOSITION;
	device->config_attempts = 0;
	device->model_count = device->model_next = device->models_bound = 0;
	device->request_at = now;
}

void player_config_run(struct device *device, bm_time now)
{
	if (device->state != DEVICE_CONFIGURING || device->request_open || device->request_at > now)
		return;
	device->request_at = BM_TIME_NEVER;
	if (device->step == CONFIG_BIND && device->model_next == device->model_count) {
		player_tell(device, (struct bm_step){.kind = BM_STEP_CONFIGURED,
						     .at = now,
						     .addr = device->addr,
						     .models = (unsigned)device->models_bound});
		player_configured(device, now);
		return;
	}
	/* The answer may come within the call. */
	device->request_open = true;
	const enum bm_err err = send_request(device, now);
	if (err == BM_OK)
		return;
	device->request_open = false;
	if (err == BM_ERR_BUSY)
		device->request_at = bm_time_add(now, BUSY_PAUSE_US);
	else
		fail(device, bm_err_text(err), now);
}
