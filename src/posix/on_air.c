/*
 * A C program's node on the virtual air: a medium with one station, the air that ties it to the other processes, and an
 * event loop that waits for both.
 */
#include "blemesh/air.h"
#include "blemesh/radio.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uv.h>

#include "posix/air.h"
#include "posix/radio.h"
#include "sim/medium.h"

struct bm_on_air {
	uv_loop_t loop;
	uv_timer_t timer;
	struct bm_medium *medium;
	struct bm_station *station;
	struct bm_air *air; /* one of the two */
	struct bm_radio *radio;
	struct bm_node *node;
};

static bm_time monotonic_now(void *ctx)
{
	(void)ctx;
	return uv_hrtime() / 1000u;
}

bm_time bm_on_air_now(const struct bm_on_air *on_air)
{
	(void)on_air;
	return monotonic_now(NULL);
}

void bm_on_air_random(void *ctx, uint8_t *out, size_t len)
{
	(void)ctx;
	while (len > 0) {
		const ssize_t n = getrandom(out, len, 0);
		/* Interrupted by a signal: once more. There is no going on without random octets. */
		if (n < 0 && errno != EINTR)
			abort();
		if (n > 0) {
			out += n;
			len -= (size_t)n;
		}
	}
}

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	const struct bm_on_air *on_air = ctx;
	if (on_air->node)
		bm_node_receive(on_air->node, ad_type, payload, len, rssi, now);
}

static void on_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	const struct bm_on_air *on_air = ctx;
	if (on_air->node)
		bm_node_gatt_seen(on_air->node, seen, now);
}

static void on_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	const struct bm_on_air *on_air = ctx;
	if (on_air->node)
		bm_node_gatt_event(on_air->node, event, now);
}

static void on_timer(uv_timer_t *timer)
{
	(void)timer; /* it only ends the wait */
}

static void say(void *ctx, const char *text)
{
	(void)ctx;
	fprintf(stderr, "%s\n", text);
}

/* The medium is on the air called name, or (NULL) on radio. */
static bool open_medium(struct bm_on_air *on_air, const char *name, const char *radio, char *error, size_t error_len)
{
	if (name) {
		on_air->air = bm_air_join(on_air->medium, &on_air->loop, name, monotonic_now, NULL, error, error_len);
		return on_air->air;
	}
	const struct bm_radio_options options = {
		.transport = radio,
		.medium = on_air->medium,
		.loop = &on_air->loop,
		.now = monotonic_now,
		.random = bm_on_air_random,
		.say = say,
	};
	on_air->radio = bm_radio_open(&options, error, error_len);
	return on_air->radio;
}

static struct bm_on_air *open_either(const char *name, const char *radio, char *error, size_t error_len)
{
	static const struct bm_station_ops ops = {.receive = on_receive, .seen = on_seen, .gatt = on_gatt};
	struct bm_on_air *on_air = calloc(1, sizeof *on_air);
	if (!on_air || uv_loop_init(&on_air->loop) != 0) {
		snprintf(error, error_len, "there is no memory or no event loop");
		free(on_air);
		return NULL;
	}
	uv_timer_init(&on_air->loop, &on_air->timer);
	uint64_t seed;
	uint8_t addr[6];
	bm_on_air_random(NULL, (uint8_t *)&seed, sizeof seed);
	bm_on_air_random(NULL, addr, sizeof addr);
	addr[0] |= 0xc0; /* a static random address (Bluetooth Core Vol 6 Part B 1.3.2.1) */
	snprintf(error, error_len, "out of memory");
	on_air->medium = bm_medium_new(seed);
	/* In this order: what carries a station is chosen when it joins. */
	if (on_air->medium && open_medium(on_air, name, radio, error, error_len))
		on_air->station = bm_medium_join(on_air->medium, addr, &ops, on_air);
	if (!on_air->station) {
		bm_on_air_leave(on_air);
		return NULL;
	}
	return on_air;
}

struct bm_on_air *bm_on_air_join(const char *name, char *error, size_t error_len)
{
	return open_either(name, NULL, error, error_len);
}

struct bm_on_air *bm_on_radio_open(const char *radio, char *error, size_t error_len)
{
	if (strcmp(radio, "air") == 0)
		return open_either("default", NULL, error, error_len);
	if (strncmp(radio, "air:", 4) == 0)
		return open_either(radio + 4, NULL, error, error_len);
	return open_either(NULL, radio, error, error_len);
}

void bm_on_air_leave(struct bm_on_air *on_air)
{
	if (!on_air)
		return;
	bm_air_leave(on_air->air);
	bm_radio_close(on_air->radio);
	uv_close((uv_handle_t *)&on_air->timer, NULL);
	uv_run(&on_air->loop, UV_RUN_DEFAULT);
	uv_loop_close(&on_air->loop);
	if (on_air->medium)
		bm_medium_free(on_air->medium);
	free(on_air);
}

struct bm_bearer bm_on_air_bearer(struct bm_on_air *on_air)
{
	return bm_station_bearer(on_air->station);
}

void bm_on_air_attach(struct bm_on_air *on_air, struct bm_node *node)
{
	on_air->node = node;
}

bm_time bm_on_air_deadline(const struct bm_on_air *on_air)
{
	const bm_time medium = bm_medium_deadline(on_air->medium);
	const bm_time node = on_air->node ? bm_node_deadline(on_air->node) : BM_TIME_NEVER;
	const bm_time radio = on_air->radio ? bm_radio_deadline(on_air->radio) : BM_TIME_NEVER;
	const bm_time next = node < medium ? node : medium;
	return next < radio ? next : radio;
}

void bm_on_air_run(struct bm_on_air *on_air, bm_time until)
{
	const bm_time due = bm_on_air_deadline(on_air);
	const bm_time at = due < until ? due : until;
	bm_time now = monotonic_now(NULL);
	if (at != BM_TIME_NEVER) {
		/* Rounded up: the loop counts whole milliseconds of the same clock, and one woken early would only
		 * spin. */
		uv_update_time(&on_air->loop);
		const uint64_t at_ms = at / BM_US_PER_MS + 1, now_ms = uv_now(&on_air->loop);
		const uint64_t wait_ms = at > now && at_ms > now_ms ? at_ms - now_ms : 0;
		uv_timer_start(&on_air->timer, on_timer, wait_ms, 0);
	}
	uv_run(&on_air->loop, UV_RUN_ONCE);
	uv_timer_stop(&on_air->timer);
	now = monotonic_now(NULL);
	if (on_air->node && bm_node_deadline(on_air->node) <= now)
		bm_node_run(on_air->node, now);
	if (bm_medium_deadline(on_air->medium) <= now)
		bm_medium_run(on_air->medium, now);
	if (on_air->radio && bm_radio_deadline(on_air->radio) <= now)
		bm_radio_run(on_air->radio, now);
}
