/*
 * A provisioner on a virtual air that does what it is told: commands on its standard input, events on its standard
 * output, a line each. It is told what `blemesh run` has no words for: secrets, public keys.
 *
 *   provision UUID ADDRESS [OCTETS]   values in hexadecimal; OCTETS: 16 or 32 of static OOB, or a public key's 64
 *   oob UUID VALUE                    what the device shows: a number, or letters
 *   appkey KEY                        application key 0 and the OnOff client's
 *   config ADDRESS OPCODE [OCTETS]    a Configuration message under the device key, until answered
 *   get ADDRESS                       Generic OnOff Get
 *   set ADDRESS 0|1                   Generic OnOff Set
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <uv.h>

#include "blemesh/config.h"
#include "blemesh/onoff.h"
#include "posix/air.h"
#include "sim/world.h"

#define TICK_MS 1u
#define LINE_MAX_LEN 256u

struct hand {
	struct bm_world *world;
	struct bm_node *node;
	struct bm_onoff_client client;
	uv_loop_t loop;
	uv_pipe_t input;
	uint64_t begin_ns;
	char line[LINE_MAX_LEN];
	size_t line_len;
	char chunk[LINE_MAX_LEN];
};

static bm_time real_now(void *ctx)
{
	const struct hand *hand = ctx;
	return (uv_hrtime() - hand->begin_ns) / 1000;
}

static void print_octets(const char *word, const uint8_t *octets, size_t len)
{
	printf("%s", word);
	for (size_t i = 0; i < len; i++)
		printf("%02x", octets[i]);
}

/* The octets of a hexadecimal word, at most capacity. */
static size_t read_octets(const char *word, uint8_t *out, size_t capacity)
{
	const size_t digits = word ? strlen(word) : 0;
	size_t len = 0;
	while (len < capacity && 2 * len + 1 < digits) {
		const char pair[3] = {word[2 * len], word[2 * len + 1], 0};
		out[len++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return len;
}

static unsigned long read_number(const char *word, int base)
{
	return word ? strtoul(word, NULL, base) : 0;
}

static void on_event(struct bm_world_node *wn, const struct bm_event *event)
{
	(void)wn;
	switch (event->kind) {
	case BM_EVENT_DEVICE_SEEN:
		print_octets("seen ", event->uuid, BM_UUID_LEN);
		break;
	case BM_EVENT_PROVISION_CAPS:
		printf("chosen method %d algorithm %d action %u size %u public key %d", (int)event->method,
		       (int)event->alg, event->action, event->size, event->public_key_oob);
		break;
	case BM_EVENT_PROVISION_ENTER_OOB:
		printf("enter action %u size %u", event->action, event->size);
		break;
	case BM_EVENT_PROVISION_SHOW_OOB:
		printf("show ");
		if (event->oob.is_text)
			printf("%s", event->oob.text);
		else
			printf("%u", (unsigned)event->oob.number);
		break;
	case BM_EVENT_PROVISION_COMPLETE:
		printf("complete %04x elements %u", event->addr, event->elements);
		break;
	case BM_EVENT_PROVISION_FAILED:
		printf("failed: %s; %s", bm_prov_error_name(event->error), bm_err_text(event->result));
		break;
	default:
		return;
	}
	printf("\n");
}

static void on_status(void *ctx, const struct bm_onoff_status *status, const struct bm_rx *rx)
{
	(void)ctx;
	printf("onoff %04x %d\n", rx->src, status->present);
}

static void on_config(void *ctx, enum bm_err result, uint32_t opcode, const uint8_t *params, size_t len, bm_time now)
{
	(void)ctx, (void)now;
	if (result) {
		printf("config failed: %s\n", bm_err_text(result));
		return;
	}
	printf("config %04x", (unsigned)opcode);
	print_octets(" ", params, len);
	printf("\n");
}

static enum bm_err provision(struct hand *hand, char **words)
{
	uint8_t octets[64];
	struct bm_provision_params params = {.addr = (uint16_t)read_number(words[2], 16)};
	(void)read_octets(words[1], params.uuid, sizeof params.uuid);
	const size_t len = read_octets(words[3], octets, sizeof octets);
	if (len == sizeof octets) {
		params.public_key = octets;
	} else {
		params.static_oob = octets;
		params.static_oob_len = len;
	}
	return bm_node_provision(hand->node, &params, bm_world_now(hand->world));
}

static enum bm_err give_oob(struct hand *hand, char **words)
{
	uint8_t uuid[BM_UUID_LEN] = {0};
	struct bm_oob_value value = {.number = (uint32_t)read_number(words[2], 10)};
	(void)read_octets(words[1], uuid, sizeof uuid);
	if (words[2] && (words[2][0] < '0' || words[2][0] > '9')) {
		value.is_text = true;
		snprintf(value.text, sizeof value.text, "%s", words[2]);
	}
	return bm_node_provision_oob(hand->node, uuid, &value, bm_world_now(hand->world));
}

static enum bm_err take_app_key(struct hand *hand, char **words)
{
	uint8_t key[BM_KEY_LEN] = {0};
	(void)read_octets(words[1], key, sizeof key);
	const enum bm_err err = bm_node_add_app_key(hand->node, BM_NET_IDX_PRIMARY, 0, key);
	return err ? err : bm_node_bind(hand->node, &hand->client.model, 0);
}

static enum bm_err configure(struct hand *hand, char **words)
{
	uint8_t params[64];
	const size_t len = read_octets(words[3], params, sizeof params);
	/* The peer's unit io sends a message of several segments in as many seconds. */
	return bm_config_request(hand->node, BM_NET_IDX_PRIMARY, (uint16_t)read_number(words[1], 16),
				 (uint32_t)read_number(words[2], 16), params, len, 60 * (uint64_t)BM_US_PER_S,
				 on_config, hand, bm_world_now(hand->world));
}

static struct bm_tx tx_to(char **words)
{
	return (struct bm_tx){.dst = (uint16_t)read_number(words[1], 16), .app_idx = 0, .ttl = BM_TTL_DEFAULT};
}

static enum bm_err get(struct hand *hand, char **words)
{
	const struct bm_tx tx = tx_to(words);
	return bm_onoff_client_get(&hand->client, &tx, bm_world_now(hand->world));
}

static enum bm_err set(struct hand *hand, char **words)
{
	const struct bm_tx tx = tx_to(words);
	return bm_onoff_client_set(&hand->client, &tx, read_number(words[2], 10) != 0, true, 0xff, 0,
				   bm_world_now(hand->world));
}

static void command(struct hand *hand, char *line)
{
	static const struct {
		const char *word;
		enum bm_err (*run)(struct hand *hand, char **words);
	} commands[] = {{"provision", provision}, {"oob", give_oob}, {"appkey", take_app_key},
			{"config", configure},    {"get", get},      {"set", set}};
	char *words[4] = {NULL}, *rest = NULL;
	words[0] = strtok_r(line, " ", &rest);
	for (size_t i = 1; i < BM_ARRAY_LEN(words) && words[i - 1]; i++)
		words[i] = strtok_r(NULL, " ", &rest);
	for (size_t i = 0; words[0] && i < BM_ARRAY_LEN(commands); i++) {
		if (strcmp(words[0], commands[i].word) != 0)
			continue;
		const enum bm_err err = commands[i].run(hand, words);
		if (err)
			printf("refused %s: %s\n", words[0], bm_err_text(err));
		return;
	}
	printf("unknown command\n");
}

static void give_chunk(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct hand *hand = handle->data;
	(void)suggested;
	*buf = uv_buf_init(hand->chunk, sizeof hand->chunk);
}

static void on_input(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct hand *hand = stream->data;
	if (count < 0) {
		uv_stop(&hand->loop);
		return;
	}
	for (ssize_t i = 0; i < count; i++) {
		if (buf->base[i] == '\n') {
			hand->line[hand->line_len] = 0;
			hand->line_len = 0;
			command(hand, hand->line);
		} else if (hand->line_len < sizeof hand->line - 1) {
			hand->line[hand->line_len++] = buf->base[i];
		}
	}
}

/* The world's time is the clock's. */
static void tick(uv_timer_t *timer)
{
	struct hand *hand = timer->data;
	const bm_time now = real_now(hand);
	if (now > bm_world_now(hand->world))
		bm_world_run_for(hand->world, now - bm_world_now(hand->world));
}

static void begin(struct hand *hand)
{
	struct bm_node_config config = bm_world_config();
	struct bm_prov_data data = {.addr = 0x0001};
	uint8_t dev_key[BM_KEY_LEN];
	uint64_t seed;
	config.limits.remote_dev_keys = 8;
	config.limits.prov_links = 1;
	config.limits.config_requests = 4;
	if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
		abort();
	hand->world = bm_world_new(seed);
	bm_prng_fill(bm_world_prng(hand->world), data.net_key, sizeof data.net_key);
	bm_prng_fill(bm_world_prng(hand->world), dev_key, sizeof dev_key);
	struct bm_world_node *wn = bm_world_add(hand->world, &config);
	wn->on_event = on_event;
	hand->node = wn->node;
	bm_onoff_client_init(&hand->client, on_status, hand);
	if (bm_node_add_model(hand->node, 0, &hand->client.model) || bm_node_start(hand->node, 0) ||
	    bm_node_provision_self(hand->node, &data, dev_key, 0))
		abort();
}

int main(int argc, char **argv)
{
	static struct hand hand;
	char error[128];
	uv_timer_t timer = {.data = &hand};
	if (argc != 2)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	begin(&hand);
	hand.begin_ns = uv_hrtime();
	uv_loop_init(&hand.loop);
	struct bm_air *air = bm_air_join(bm_world_medium(hand.world), &hand.loop, argv[1], real_now, &hand, error,
					 sizeof error);
	if (!air) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	uv_timer_init(&hand.loop, &timer);
	timer.data = &hand;
	uv_timer_start(&timer, tick, 0, TICK_MS);
	uv_pipe_init(&hand.loop, &hand.input, 0);
	hand.input.data = &hand;
	uv_pipe_open(&hand.input, 0);
	uv_read_start((uv_stream_t *)&hand.input, give_chunk, on_input);
	uv_run(&hand.loop, UV_RUN_DEFAULT);
	bm_air_leave(air);
	bm_world_free(hand.world);
	return 0;
}
