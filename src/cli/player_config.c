/*
 * The configuration of a device: it gets application key 0, and every model that can use it is bound to it. What the
 * configurator tells becomes the player's steps.
 */
#include <string.h>

#include "base/env.h"
#include "cli/player_state.h"

static void told(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct device *device = ctx;
	struct bm_step step = {.at = now,
			       .addr = device->addr,
			       .elements = news->elements,
			       .models = news->models,
			       .text = news->text};
	device->player->next = 0;
	switch (news->kind) {
	case BM_CONFIG_NEWS_COMPOSITION:
		step.kind = BM_STEP_COMPOSITION;
		break;
	case BM_CONFIG_NEWS_APP_KEY:
		step.kind = BM_STEP_APP_KEY;
		step.models = 0;
		break;
	case BM_CONFIG_NEWS_STEP:
	case BM_CONFIG_NEWS_IDLE:
		return;
	case BM_CONFIG_NEWS_REFUSED:
		step = (struct bm_step){.kind = BM_STEP_BIND_FAILED, .at = now, .text = news->text};
		break;
	case BM_CONFIG_NEWS_AGAIN:
	case BM_CONFIG_NEWS_FAILED:
		step.kind = news->kind == BM_CONFIG_NEWS_AGAIN ? BM_STEP_FAILED : BM_STEP_GIVEN_UP;
		step.models = 0;
		break;
	case BM_CONFIG_NEWS_DONE:
		step.kind = BM_STEP_CONFIGURED;
		break;
	}
	player_tell(device, step);
	if (news->kind == BM_CONFIG_NEWS_APP_KEY)
		device->player->ops.keys_changed(device->player->ops.ctx);
	else if (news->kind == BM_CONFIG_NEWS_FAILED)
		player_set_state(device, DEVICE_GIVEN_UP, now);
	else if (news->kind == BM_CONFIG_NEWS_DONE)
		player_configured(device, now);
}

void player_config_begin(struct device *device, bm_time now)
{
	struct bm_config_plan plan = {.with_app_key = true, .app_idx = PLAYER_APP_IDX, .element = -1};
	memcpy(plan.app_key, device->player->app_key, sizeof plan.app_key);
	bm_configurator_init(&device->configurator, device->player->node, told, device);
	bm_configurator_begin(&device->configurator, device->addr, &plan, now);
	bm_wipe(&plan, sizeof plan);
}
