/*
 * A switch: lets itself be provisioned, then, once it has an application key, tells all lamps every second to go on or
 * off.
 *
 *     switch RADIO    air:NAME, or a controller: hci0, h4:/dev/ttyACM0, tcp:HOST:PORT, unix:PATH
 */
#include <stdio.h>

#include <blemesh/node_size.h>
#include <blemesh/onoff.h>
#include <blemesh/radio.h>

/* The node, for ever: no memory is asked for. What is not said here is as in BM_LIMITS_DEFAULT. */
#define LIMITS(LIMIT) LIMIT(models, 3) LIMIT(rpl, 32)
static _Alignas(max_align_t) uint8_t memory[BM_NODE_SIZE(LIMITS)];

static void on_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	if (event->kind == BM_EVENT_PROVISIONED)
		printf("provisioned, address 0x%04x\n", event->addr);
}

static enum bm_err start(struct bm_on_air *air, struct bm_model *model, struct bm_node **node)
{
	struct bm_node_config config = {
		.limits = BM_LIMITS_OF(LIMITS),
		.default_ttl = 7,
		.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC},
	};
	const struct bm_node_ops ops = {.random = bm_on_air_random, .event = on_event};
	const struct bm_bearer bearer = bm_on_air_bearer(air);
	bm_on_air_random(NULL, config.uuid, sizeof config.uuid);
	enum bm_err err = bm_node_init(memory, sizeof memory, &config, &ops, &bearer, node);
	if (!err)
		err = bm_node_add_model(*node, 0, model);
	if (!err)
		err = bm_node_start(*node, bm_on_air_now(air));
	if (!err)
		err = bm_node_prov_enable(*node, BM_PROV_BEARER_ADV, bm_on_air_now(air));
	return err;
}

int main(int argc, char **argv)
{
	char error[256];
	struct bm_on_air *air = bm_on_radio_open(argc > 1 ? argv[1] : "air:lamps", error, sizeof error);
	if (!air) {
		fprintf(stderr, "switch: %s\n", error);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	struct bm_onoff_client client;
	struct bm_node *node;
	bm_onoff_client_init(&client, NULL, NULL);
	const enum bm_err err = start(air, &client.model, &node);
	if (err) {
		fprintf(stderr, "switch: %s\n", bm_err_text(err));
		return 1;
	}
	bm_on_air_attach(air, node);
	const struct bm_tx to_all = {.dst = BM_ADDR_ALL_NODES, .app_idx = 0, .ttl = BM_TTL_DEFAULT};
	bool on = false;
	for (bm_time next = bm_on_air_now(air);; bm_on_air_run(air, next)) {
		const bm_time now = bm_on_air_now(air);
		if (now < next)
			continue;
		next = now + BM_US_PER_S;
		/* Refused until the switch is provisioned and its model bound to application key 0. */
		if (bm_onoff_client_set(&client, &to_all, !on, false, 0xff, 0, now) == BM_OK) {
			on = !on;
			printf("switched %s\n", on ? "on" : "off");
		}
	}
}
