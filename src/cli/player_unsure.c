/*
 * A device that was sent the network's keys, and whose word that it took them never came: it may be a node (MshPRT
 * 5.4.2.5). Its address is asked for the composition, with the device key, which nobody else has: who answers is ours.
 * A beacon is no proof that it is none, so its address is nobody's from then on.
 */
#include <stdio.h>

#include "base/env.h"
#include "cli/player_state.h"
#include "script/prov_words.h"

static void told(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct device *device = ctx;
	struct bm_player *player = device->player;
	const struct bm_config_plan nothing = {.element = -1};
	char text[sizeof device->failure + 64];
	player->next = 0;
	if (device->state != DEVICE_UNSURE)
		return;
	switch (news->kind) {
	case BM_CONFIG_NEWS_DONE:
		player_joined(device, device->offered, device->elements, now);
		return;
	case BM_CONFIG_NEWS_FAILED:
		/* Without a radio nothing was asked. */
		if (player->deaf) {
			bm_configurator_begin(&device->configurator, device->offered, &nothing, now);
			return;
		}
		player_unsure_drop(device);
		snprintf(text, sizeof text, "%s, and it does not answer as a node", device->failure);
		player_attempt_failed(device, text, now);
		return;
	default:
		return;
	}
}

void player_unsure_begin(struct device *device, const struct bm_event *failed)
{
	const struct bm_config_plan nothing = {.element = -1};
	bm_prov_failure_text(failed, device->why, device->failure, sizeof device->failure);
	device->offered = failed->addr;
	device->elements = failed->elements;
	player_set_state(device, DEVICE_UNSURE, failed->now);
	player_tell(device,
		    (struct bm_step){
			    .kind = BM_STEP_UNSURE, .at = failed->now, .addr = failed->addr, .text = device->failure});
	bm_configurator_init(&device->configurator, device->player->node, told, device);
	bm_configurator_begin(&device->configurator, device->offered, &nothing, failed->now);
}

void player_unsure_drop(struct device *device)
{
	bm_configurator_give_up(&device->configurator);
	/* That there was no room for its key is as good. */
	(void)!bm_node_remove_dev_key(device->player->node, device->offered);
	player_unkeep(device->player, device->offered);
}

void player_unsure_heard(struct device *device, bm_time now)
{
	player_unsure_drop(device);
	player_attempt_failed(device, device->failure, now);
}
