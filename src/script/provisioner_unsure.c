/*
 * A device that was sent the network's keys, and whose word that it took them never came: it may be a node (MshPRT
 * 5.4.2.5). Its address is asked for the composition, with the device key, which nobody else has: who answers is ours.
 * A beacon is no proof that it is none, so its address is lost, but it is provisioned once more.
 */
#include <stdio.h>

#include "base/env.h"
#include "script/provisioner_state.h"

static void told(void *ctx, const struct bm_config_news *news, bm_time now)
{
	struct bm_known_device *device = ctx;
	char text[sizeof device->failure + 64];
	(void)now;
	if (device->state != BM_KNOWN_UNSURE)
		return;
	if (news->kind == BM_CONFIG_NEWS_DONE) {
		bm_known_joined(device, device->unsure_addr, device->unsure_elements);
	} else if (news->kind == BM_CONFIG_NEWS_FAILED) {
		bm_known_unsure_drop(device);
		snprintf(text, sizeof text, "%s, and it does not answer as a node", device->failure);
		bm_known_failed(device, text);
	}
}

void bm_known_unsure(struct bm_known_device *device)
{
	const struct bm_script_provisioner *p = device->provisioner;
	const struct bm_config_plan nothing = {.element = -1};
	bm_known_set_state(device, BM_KNOWN_UNSURE);
	bm_known_keep_unsure(device);
	bm_configurator_init(&device->configurator, p->node, told, device);
	bm_configurator_begin(&device->configurator, device->unsure_addr, &nothing, bm_runtime_now(p->board->rt));
}

void bm_known_unsure_drop(struct bm_known_device *device)
{
	bm_configurator_give_up(&device->configurator);
	/* That there was no room for its key is as good. */
	(void)!bm_node_remove_dev_key(device->provisioner->node, device->unsure_addr);
	bm_known_let_go(device, device->unsure_addr, device->unsure_elements, BM_ADDR_LOST);
}

/* Once: a device that loses its word each time is the script's to judge. So is one whose value would be another now, or
 * whose address is gone. */
void bm_known_unsure_heard(struct bm_known_device *device)
{
	const bool again = !device->tried_anew && device->outcome == BM_OUTCOME_OPEN &&
			   device->how.source != BM_OOB_VALUE && device->how.addr == BM_ADDR_UNASSIGNED;
	bm_known_unsure_drop(device);
	if (again) {
		device->tried_anew = true;
		bm_known_queue(device);
		return;
	}
	bm_known_failed(device, device->failure);
}
