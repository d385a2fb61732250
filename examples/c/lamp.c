/*
 * A lamp: lets itself be provisioned, then prints its state whenever it is switched.
 *
 *     lamp RADIO      air:NAME, or a controller: hci0, h4:/dev/ttyACM0, tcp:HOST:PORT, unix:PATH
 */
#include <stdio.h>

#include <blemesh/node_size.h>
#include <blemesh/onoff.h>
#include <blemesh/radio.h>

/* The node, for ever: no memory is asked for. What is not said here is as in BM_LIMITS_DEFAULT. */
#define LIMITS(LIMIT) LIMIT(models, 3) LIMIT(rpl, 32)
static _Alignas(max_align_t) uint8_t memory[BM_NODE_SIZE(LIMITS)];

static void on_change(void *ctx, bool on, uint32_t opcode, const struct bm_rx *rx, bm_time now)
{
	(void)ctx, (void)opcode, (void)rx, (void)now;
	printf("the lamp is %s\n", on ? "on" : "off");
}

static void on_event(void *ctx, const struct bm_event *event)
{
	(void)ctx;
	if (event->kind == BM_EVENT_PROVISIONED)
		printf("provisioned, address 0x%04x\n", event->addr);
}

static enum bm_err start(struct bm_on_air *air, struct bm_onoff_server *lamp)
{
	struct bm_node_config config = {.limits = BM_LIMITS_OF(LIMITS),
					.default_ttl = 7,
					.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC}};
	const struct bm_node_ops ops = {.random = bm_on_air_random, .event = on_event};
	const struct bm_bearer bearer = bm_on_air_bearer(air);
	struct bm_node *node;
	bm_on_air_random(NULL, config.uuid, sizeof config.uuid);
	enum bm_err err = bm_node_init(memory, sizeof memory, &config, &ops, &bearer, &node);
	if (!err)
		err = bm_node_add_model(node, 0, &lamp->model);
	if (!err)
		err = bm_node_start(node, bm_on_air_now(air));
	if (!err)
		err = bm_node_prov_enable(node, BM_PROV_BEARER_ADV, bm_on_air_now(air));
	if (!err)
		bm_on_air_attach(air, node);
	return err;
}

int main(int argc, char **argv)
{
	char error[256];
	struct bm_onoff_server lamp;
	struct bm_on_air *air = bm_on_radio_open(argc > 1 ? argv[1] : "air:lamps", error, sizeof error);
	bm_onoff_server_init(&lamp, false, on_change, NULL);
	const enum bm_err err = air ? start(air, &lamp) : BM_OK;
	if (!air || err) {
		fprintf(stderr, "lamp: %s\n", air ? bm_err_text(err) : error);
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (;;)
		bm_on_air_run(air, BM_TIME_NEVER);
}
