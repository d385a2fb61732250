/*
 * Whose turn it is, and the provisioning of one device after another. The boards of this run come in the order of their
 * scripts, then whoever else beacons. A device is configured (player_config.c) while the next is being provisioned.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/env.h"
#include "cli/network/keeper.h"
#include "cli/player_state.h"
#include "script/prov_words.h"

#define FIRST_ADDR 0x0002u
#define LAST_ADDR 0x7fffu
/* How long others wait for a board whose script has not come so far yet. */
#define PATIENCE_US (5u * BM_US_PER_S)
/* After connectable advertising of a device was heard, its beacon may follow for this long. */
#define RETRY_PAUSE_US (1u * BM_US_PER_S)
#define GIVEN_UP_PAUSE_US (60u * BM_US_PER_S)

void player_tell(const struct device *device, struct bm_step step)
{
	const struct bm_player *player = device->player;
	step.device = device->name;
	step.uuid = device->uuid;
	player->ops.step(player->ops.ctx, &step);
}

void player_set_state(struct device *device, enum device_state state, bm_time now)
{
	device->state = state;
	device->changed = now;
	device->player->next = 0;
}

/* Ready: every board is configured, but for those whose scripts ended without ever joining the mesh. */
static void check_ready(struct bm_player *player, bm_time now)
{
	bool any = false;
	if (player->ready_told || player->stands_back)
		return;
	for (size_t i = 0; i < player->board_count; i++) {
		const struct device *device = player->devices[i];
		if (device->was_configured)
			any = true;
		else if (!device->ended || device->beaconed)
			return;
	}
	if (!any)
		return;
	player->ready_told = true;
	const struct bm_step step = {.kind = BM_STEP_READY, .at = now};
	player->ops.step(player->ops.ctx, &step);
	player->ops.ready(player->ops.ctx, now);
}

void player_configured(struct device *device, bm_time now)
{
	player_set_state(device, DEVICE_CONFIGURED, now);
	device->was_configured = true;
	device->attempts = 0;
	/* What is not kept of it now the next run configures again. */
	(void)player_keep(device, device->addr, true);
	check_ready(device->player, now);
}

static void provisioning_ends(struct device *device)
{
	device->watching = device->asked = false;
	if (device->player->active == device)
		device->player->active = NULL;
	device->player->next = 0;
}

void player_attempt_failed(struct device *device, const char *text, bm_time now)
{
	struct bm_player *player = device->player;
	player_unkeep(player, device->offered);
	provisioning_ends(device);
	device->beacons = false; /* the script may have chosen another bearer meanwhile */
	device->gatt_from = BM_TIME_NEVER;
	const bool again = player->deaf || ++device->attempts < PLAYER_ATTEMPTS;
	device->not_before = bm_time_add(now, again ? RETRY_PAUSE_US : GIVEN_UP_PAUSE_US);
	player_set_state(device, again ? DEVICE_UNSEEN : DEVICE_GIVEN_UP, now);
	player_tell(device,
		    (struct bm_step){.kind = again ? BM_STEP_FAILED : BM_STEP_GIVEN_UP, .at = now, .text = text});
}

static void provision(struct device *device, bm_time now)
{
	struct bm_player *player = device->player;
	struct bm_provision_params params = {.addr = (uint16_t)player->next_addr, .net_idx = BM_NET_IDX_PRIMARY};
	memcpy(params.uuid, device->uuid, BM_UUID_LEN);
	params.bearer = device->beacons ? BM_PROV_BEARER_ADV : BM_PROV_BEARER_GATT;
	device->has_printed = device->watching = device->asked = false;
	device->why = NULL;
	player->active = device;
	device->offered = (uint16_t)player->next_addr;
	player_set_state(device, DEVICE_PROVISIONING, now);
	player_tell(device, (struct bm_step){.kind = BM_STEP_FOUND, .at = now});
	if (player->next_addr > LAST_ADDR) {
		player_attempt_failed(device, "no unicast address is left", now);
		return;
	}
	const enum bm_err err = bm_node_provision(player->node, &params, now);
	if (err != BM_OK && player->active == device)
		player_attempt_failed(device, bm_err_text(err), now);
}

/* Should the others wait for this board to come onto the air? */
static bool worth_waiting_for(struct device *device, bm_time now)
{
	if (!device->board || device->state != DEVICE_UNSEEN || device->attempts > 0 ||
	    (device->ended && !device->beaconed))
		return false;
	if (device->wanted_since == BM_TIME_NEVER)
		device->wanted_since = now;
	return now < device->wanted_since + PATIENCE_US;
}

static bm_time turn_at(const struct device *device)
{
	return device->beacons || device->gatt_from < device->not_before ? device->not_before : device->gatt_from;
}

/* Heard by its connectable advertising alone so far: those after it wait too. */
static bool may_beacon_yet(const struct device *device)
{
	return device->state == DEVICE_WAITING && device->attempts == 0 && !device->beacons;
}

/* The first that waits, in order; one that failed before comes after those that did not. */
static void next_turn(struct bm_player *player, bm_time now)
{
	struct device *next = NULL;
	if (player->active || player->deaf)
		return;
	for (size_t i = 0; i < player->device_count && !(next && next->attempts == 0); i++) {
		struct device *device = player->devices[i];
		if (device->state == DEVICE_WAITING && !device->configurator.request_open && turn_at(device) <= now) {
			if (!next || device->attempts < next->attempts)
				next = device;
		} else if (worth_waiting_for(device, now) || may_beacon_yet(device)) {
			return;
		}
	}
	if (next)
		provision(next, now);
}

static void give_up_link(struct device *device, const char *why, bm_time now)
{
	device->why = why;
	device->watching = device->asked = false;
	bm_node_provision_cancel(device->player->node, device->uuid, now);
}

static void give_number(struct device *device, enum bm_step_kind kind, uint32_t number, bm_time now)
{
	const struct bm_oob_value value = {.number = number};
	player_tell(device, (struct bm_step){.kind = kind, .at = now, .has_number = true, .number = number});
	device->watching = device->asked = false;
	if (bm_node_provision_oob(device->player->node, device->uuid, &value, now) != BM_OK)
		give_up_link(device, "the number cannot be right", now);
}

/* When looking at the LED comes to an end. */
static bm_time watch_deadline(const struct device *device)
{
	return device->asked ? bm_blinks_deadline(&device->blinks, device->asked_at) : BM_TIME_NEVER;
}

static void watch_run(struct device *device, bm_time now)
{
	if (watch_deadline(device) > now)
		return;
	const unsigned count = bm_blinks_count(&device->blinks);
	if (count > 0) {
		give_number(device, BM_STEP_COUNTED, count, now);
	} else if (device->has_printed) {
		give_number(device, BM_STEP_READ_PRINT, device->printed, now);
	} else {
		player_tell(device, (struct bm_step){.kind = BM_STEP_NO_NUMBER, .at = now});
		give_up_link(device, "nobody saw its number", now);
	}
}

static bm_time device_deadline(const struct device *device)
{
	switch (device->state) {
	case DEVICE_PROVISIONING:
		return watch_deadline(device);
	case DEVICE_UNSURE:
	case DEVICE_CONFIGURING:
		return bm_configurator_deadline(&device->configurator);
	case DEVICE_WAITING:
		return device->player->active || device->configurator.request_open ? BM_TIME_NEVER : turn_at(device);
	case DEVICE_UNSEEN:
		return device->player->active || device->wanted_since == BM_TIME_NEVER
			       ? BM_TIME_NEVER
			       : device->wanted_since + PATIENCE_US;
	case DEVICE_GIVEN_UP:
		return device->foreign_at ? device->foreign_at : BM_TIME_NEVER;
	default:
		return BM_TIME_NEVER;
	}
}

static void player_run(struct bm_player *player, bm_time now)
{
	player->next = BM_TIME_NEVER;
	for (size_t i = 0; i < player->device_count; i++) {
		struct device *device = player->devices[i];
		if (device->state == DEVICE_PROVISIONING)
			watch_run(device, now);
		else if (device->state == DEVICE_CONFIGURING || device->state == DEVICE_UNSURE)
			bm_configurator_run(&device->configurator, now);
		else if (device->state == DEVICE_GIVEN_UP && device->foreign_at && device->foreign_at <= now)
			player_tell_foreign(device, now);
	}
	next_turn(player, now);
	/* Something changed: another round. */
	if (player->next == 0)
		return;
	for (size_t i = 0; i < player->device_count; i++) {
		const struct device *device = player->devices[i];
		const bm_time at = device_deadline(device);
		/* Whoever waits for others, and a patience that has run out, have no time of their own any more. */
		if (at <= now && (device->state == DEVICE_UNSEEN || device->state == DEVICE_WAITING))
			continue;
		if (at < player->next)
			player->next = at;
	}
}

/* Nobody else gets its address, whatever becomes of it. */
static void take_address(struct bm_player *player, uint16_t addr, unsigned elements)
{
	const uint32_t after = (uint32_t)addr + (elements ? elements : 1u);
	if (after > player->next_addr)
		player->next_addr = after;
}

void player_joined(struct device *device, uint16_t addr, unsigned elements, bm_time now)
{
	struct bm_player *player = device->player;
	provisioning_ends(device);
	device->addr = addr;
	device->elements = (uint8_t)elements;
	take_address(player, addr, elements);
	(void)player_keep(device, device->addr, false);
	player_set_state(device, DEVICE_CONFIGURING, now);
	player_tell(device,
		    (struct bm_step){.kind = BM_STEP_PROVISIONED, .at = now, .addr = addr, .elements = elements});
	player->ops.keys_changed(player->ops.ctx);
	player_config_begin(device, now);
}

static void on_failed(struct device *device, const struct bm_event *event)
{
	char text[128];
	bm_prov_failure_text(event, device->why, text, sizeof text);
	if (!event->data_may_be_out) {
		player_attempt_failed(device, text, event->now);
		return;
	}
	provisioning_ends(device);
	take_address(device->player, event->addr, event->elements);
	(void)player_keep(device, event->addr, false);
	player_unsure_begin(device, event);
}

static void on_node_event(void *ctx, const struct bm_event *event)
{
	struct bm_player *player = ctx;
	if (player->stands_back) {
		if (event->kind == BM_EVENT_PROVISION_FAILED && event->data_may_be_out)
			(void)!bm_node_remove_dev_key(player->node, event->addr);
		return;
	}
	if (event->kind == BM_EVENT_DEVICE_SEEN) {
		player_seen(player, event);
		return;
	}
	if (event->kind == BM_EVENT_IV_INDEX) {
		player->ops.keys_changed(player->ops.ctx);
		return;
	}
	struct device *device = event->uuid ? player_find(player, event->uuid) : NULL;
	if (!device || device->state != DEVICE_PROVISIONING)
		return;
	struct bm_step step = {.at = event->now, .method = event->method, .action = event->action, .alg = event->alg};
	player->next = 0;
	switch (event->kind) {
	case BM_EVENT_PROVISION_LINK:
		step.kind = BM_STEP_LINK;
		player_tell(device, step);
		return;
	case BM_EVENT_PROVISION_CAPS:
		step.kind = BM_STEP_CAPABILITIES;
		player_tell(device, step);
		device->elements = event->caps ? event->caps->elements : 1;
		if (!player_keep(device, device->offered, false)) {
			give_up_link(device, "its address cannot be written down: the store refuses it", event->now);
			return;
		}
		/* The device may begin to blink before its request has reached us. */
		device->watching = event->method == BM_PROV_OUTPUT_OOB;
		bm_blinks_begin(&device->blinks);
		return;
	case BM_EVENT_PROVISION_ENTER_OOB:
		step.kind = BM_STEP_WATCHING;
		player_tell(device, step);
		device->asked = true;
		device->asked_at = event->now;
		return;
	case BM_EVENT_PROVISION_SHOW_OOB:
		step.kind = BM_STEP_SHOW;
		step.has_number = !event->oob.is_text;
		step.number = event->oob.number;
		step.text = event->oob.text;
		player_tell(device, step);
		return;
	case BM_EVENT_PROVISION_COMPLETE:
		player_joined(device, event->addr, event->elements, event->now);
		return;
	case BM_EVENT_PROVISION_FAILED:
		on_failed(device, event);
		return;
	default:
		return;
	}
}

void bm_player_stand_back(struct bm_player *player)
{
	struct device *active = player->active;
	player->stands_back = true;
	player->active = NULL;
	player->next = 0;
	for (size_t i = 0; i < player->device_count; i++) {
		if (player->devices[i]->state == DEVICE_UNSURE)
			player_unsure_drop(player->devices[i]);
		bm_configurator_give_up(&player->devices[i]->configurator);
		player->devices[i]->foreign_at = 0;
		player_set_state(player->devices[i], DEVICE_GIVEN_UP, bm_runtime_now(player->rt));
	}
	if (active)
		bm_node_provision_cancel(player->node, active->uuid, bm_runtime_now(player->rt));
}

void bm_player_radio_works(struct bm_player *player, bool works)
{
	player->deaf = !works;
	player->next = 0;
}

void bm_player_add_board(struct bm_player *player, struct bm_board *board)
{
	struct device *device = player_add(player, bm_board_uuid(board));
	if (!device)
		return;
	device->board = board;
	snprintf(device->name, sizeof device->name, "%s", bm_board_name(board));
	player->board_count++;
	player->next = 0;
}

void bm_player_board_event(struct bm_player *player, struct bm_board *board, const struct bm_board_event *event)
{
	struct device *device = player_find(player, bm_board_uuid(board));
	if (!device)
		return;
	switch (event->kind) {
	case BM_BOARD_PRINT:
		if (device->watching && event->text && bm_player_number_in(event->text, &device->printed))
			device->has_printed = true;
		return;
	case BM_BOARD_PROV:
		if (event->prov == BM_BOARD_BEACONING)
			device->beaconed = true;
		if (event->prov == BM_BOARD_RESTORED)
			player_board_restored(device, event->addr, event->at);
		return;
	case BM_BOARD_EXIT:
		device->ended = true;
		player->next = 0;
		check_ready(player, event->at);
		return;
	default:
		return;
	}
}

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct bm_player *player = ctx;
	bm_node_receive(player->node, ad_type, payload, len, rssi, now);
}

static void on_gatt_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	const struct bm_player *player = ctx;
	bm_node_gatt_seen(player->node, seen, now);
}

static void on_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	const struct bm_player *player = ctx;
	bm_node_gatt_event(player->node, event, now);
}

static void on_light(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	struct bm_player *player = ctx;
	struct device *device = player_find(player, uuid);
	if (!device)
		device = player_add(player, uuid);
	if (!device)
		return;
	bm_blinks_light(&device->blinks, rgb, now);
	if (device->asked)
		player->next = 0;
}

static bm_time actor_deadline(void *ctx)
{
	const struct bm_player *player = ctx;
	const bm_time node = bm_node_deadline(player->node);
	return node < player->next ? node : player->next;
}

static void actor_run(void *ctx, bm_time now)
{
	struct bm_player *player = ctx;
	if (bm_node_deadline(player->node) <= now)
		bm_node_run(player->node, now);
	if (player->next <= now)
		player_run(player, now);
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	struct bm_player *player = ctx;
	bm_runtime_random(player->rt, out, len);
}

static void on_trace(void *ctx, const struct bm_trace *trace)
{
	struct bm_player *player = ctx;
	player->ops.trace(player->ops.ctx, trace);
}

static enum bm_err make_node(struct bm_player *player, const uint8_t addr[6])
{
	struct bm_node_config config = bm_keeper_config();
	bm_runtime_random(player->rt, config.uuid, sizeof config.uuid);
	const struct bm_station_ops station_ops = {
		.receive = on_receive, .light = on_light, .seen = on_gatt_seen, .gatt = on_gatt};
	const size_t size = bm_node_size(&config.limits);
	player->node_mem = size ? calloc(1, size) : NULL;
	player->station = bm_medium_join(bm_runtime_medium(player->rt), addr, &station_ops, player);
	if (!player->node_mem || !player->station)
		return BM_ERR_NO_SPACE;
	const struct bm_bearer bearer = bm_station_bearer(player->station);
	const struct bm_node_ops ops = {
		.ctx = player,
		.random = on_random,
		.event = on_node_event,
		.store = player_node_put(player),
		.trace = player->ops.trace ? on_trace : NULL,
	};
	enum bm_err err = bm_node_init(player->node_mem, size, &config, &ops, &bearer, &player->node);
	const bm_time now = bm_runtime_now(player->rt);
	if (err == BM_OK)
		err = player_restore(player);
	if (err == BM_OK)
		err = bm_node_start(player->node, now);
	return err == BM_OK ? player_join_network(player, now) : err;
}

struct bm_player *bm_player_new(struct bm_runtime *rt, const struct bm_player_ops *ops, char *error, size_t error_len)
{
	struct bm_player *player = calloc(1, sizeof *player);
	if (!player) {
		snprintf(error, error_len, "out of memory");
		return NULL;
	}
	player->rt = rt;
	player->ops = *ops;
	player->next_addr = FIRST_ADDR;
	uint8_t addr[6];
	bm_keeper_station_addr(rt, addr);
	const enum bm_err err = make_node(player, addr);
	if (err != BM_OK) {
		snprintf(error, error_len, "the provisioner cannot start: %s", bm_err_text(err));
		bm_player_free(player);
		return NULL;
	}
	player->actor = (struct bm_actor){.deadline = actor_deadline, .run = actor_run, .ctx = player};
	bm_runtime_add_actor(rt, &player->actor);
	return player;
}

void bm_player_free(struct bm_player *player)
{
	if (!player)
		return;
	for (size_t i = 0; i < player->device_count; i++) {
		bm_configurator_free(&player->devices[i]->configurator);
		free(player->devices[i]);
	}
	if (player->node)
		bm_node_wipe(player->node);
	bm_wipe(player->app_key, sizeof player->app_key);
	free(player->devices);
	free(player->node_mem);
	free(player);
}

struct bm_node *bm_player_node(struct bm_player *player)
{
	return player->node;
}
