/*
 * A controller on an event loop: octets between its transport and the LE host, and the transport opened anew after a
 * loss. What cannot be written at once waits in a queue; a controller that takes nothing for so long is lost.
 */
#include "posix/radio.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "host/h4.h"
#include "host/hci.h"
#include "posix/transport.h"

#define FIRST_WAIT_MS 5000
#define AGAIN_WAIT_MS 200
#define BACK_OFF_MIN_US (250u * BM_US_PER_MS)
#define BACK_OFF_MAX_US (8u * BM_US_PER_S)
#define QUEUE_LEN 65536u
#define READ_LEN 4096u
#define READS_AT_ONCE 16
#define LEAVE_WAIT_US (500u * BM_US_PER_MS)

struct bm_radio {
	struct bm_radio_options options;
	struct bm_transport transport;
	char name[128];
	struct bm_host host;
	struct watch *watch; /* NULL: closed */
	bm_time retry_at;
	uint64_t back_off_us;
	bool was_up, said_lost, lost;
	char why[160];
	/* Packets that wait, each with its length (2) in front; of the first, sent octets are gone. */
	size_t queued, sent;
	uint8_t queue[QUEUE_LEN];
};

/* The descriptor and what watches it; it outlives the radio until the loop has let go. */
struct watch {
	uv_poll_t poll;
	struct bm_radio *radio; /* NULL: gone */
	int fd;
};

static bm_time now_of(const struct bm_radio *radio)
{
	return radio->options.now(radio->options.ctx);
}

static void say(const struct bm_radio *radio, const char *format, const char *text)
{
	char line[360];
	snprintf(line, sizeof line, format, radio->name, text);
	if (radio->options.say)
		radio->options.say(radio->options.ctx, line);
}

static void tell(const struct bm_radio *radio, bool works)
{
	if (radio->options.state)
		radio->options.state(radio->options.ctx, works);
}

static void on_closed(uv_handle_t *handle)
{
	struct watch *watch = handle->data;
	close(watch->fd);
	free(watch);
}

static void stop_watching(struct bm_radio *radio)
{
	if (!radio->watch)
		return;
	radio->watch->radio = NULL;
	uv_poll_stop(&radio->watch->poll);
	uv_close((uv_handle_t *)&radio->watch->poll, on_closed);
	radio->watch = NULL;
	radio->queued = radio->sent = 0;
}

/* Told anywhere; acted on in bm_radio_run, where nobody is in the middle of something. */
static void lose(struct bm_radio *radio, const char *why)
{
	if (radio->lost)
		return;
	radio->lost = true;
	snprintf(radio->why, sizeof radio->why, "%s", why);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void watch_for(struct bm_radio *radio)
{
	const int events = UV_READABLE | (radio->queued ? UV_WRITABLE : 0);
	if (radio->watch && !radio->lost)
		uv_poll_start(&radio->watch->poll, events, on_event);
}

/* An emulator that is gone is an error, no signal; a serial port is no socket. */
static ssize_t write_some(int fd, const uint8_t *octets, size_t len)
{
	const ssize_t n = send(fd, octets, len, MSG_NOSIGNAL);
	return n < 0 && errno == ENOTSOCK ? write(fd, octets, len) : n;
}

static void flush(struct bm_radio *radio)
{
	while (radio->queued > 0 && !radio->lost) {
		const size_t len = radio->queue[0] | (size_t)radio->queue[1] << 8;
		const ssize_t n = write_some(radio->watch->fd, radio->queue + 2 + radio->sent, len - radio->sent);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n < 0) {
			lose(radio, strerror(errno));
			return;
		}
		radio->sent += (size_t)n;
		if (radio->sent < len)
			continue;
		radio->queued -= 2 + len;
		radio->sent = 0;
		memmove(radio->queue, radio->queue + 2 + len, radio->queued);
	}
}

static void send_packet(void *ctx, const uint8_t *packet, size_t len)
{
	struct bm_radio *radio = ctx;
	if (!radio->watch || radio->lost)
		return;
	if (radio->options.sniff)
		radio->options.sniff(radio->options.ctx, false, packet, len, now_of(radio));
	if (radio->queued + 2 + len > QUEUE_LEN) {
		lose(radio, "the controller takes nothing any more");
		return;
	}
	radio->queue[radio->queued] = (uint8_t)len;
	radio->queue[radio->queued + 1] = (uint8_t)(len >> 8);
	memcpy(radio->queue + radio->queued + 2, packet, len);
	radio->queued += 2 + len;
	flush(radio);
	if (radio->queued)
		watch_for(radio);
}

static void read_all(struct bm_radio *radio)
{
	uint8_t octets[READ_LEN];
	for (int i = 0; i < READS_AT_ONCE && radio->watch && !radio->lost; i++) {
		const ssize_t n = read(radio->watch->fd, octets, sizeof octets);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return;
		if (n <= 0) {
			lose(radio, n < 0 ? strerror(errno) : "the other side closed it");
			return;
		}
		bm_host_input(&radio->host, octets, (size_t)n, now_of(radio));
	}
}

static void on_event(uv_poll_t *poll, int status, int events)
{
	const struct watch *watch = poll->data;
	struct bm_radio *radio = watch->radio;
	if (!radio)
		return;
	if (status < 0)
		lose(radio, uv_strerror(status));
	if (events & UV_WRITABLE && !radio->lost)
		flush(radio);
	if (events & UV_READABLE && !radio->lost)
		read_all(radio);
	watch_for(radio);
}

static void on_up(void *ctx)
{
	struct bm_radio *radio = ctx;
	radio->back_off_us = BACK_OFF_MIN_US;
	if (radio->said_lost)
		say(radio, "the radio %s is there again%s", "");
	radio->said_lost = false;
	radio->was_up = true;
	tell(radio, true);
}

static void on_lost(void *ctx, const char *why)
{
	lose(ctx, why);
}

static void on_random(void *ctx, uint8_t *out, size_t len)
{
	struct bm_radio *radio = ctx;
	radio->options.random(radio->options.ctx, out, len);
}

static void on_sniff(void *ctx, const uint8_t *packet, size_t len)
{
	const struct bm_radio *radio = ctx;
	radio->options.sniff(radio->options.ctx, true, packet, len, now_of(radio));
}

static bool open_transport(struct bm_radio *radio, int wait_ms, char *error, size_t error_len)
{
	struct watch *watch = calloc(1, sizeof *watch);
	if (!watch) {
		snprintf(error, error_len, "out of memory");
		return false;
	}
	watch->fd = bm_transport_open(&radio->transport, wait_ms, error, error_len);
	if (watch->fd < 0) {
		free(watch);
		return false;
	}
	if (uv_poll_init(radio->options.loop, &watch->poll, watch->fd) != 0) {
		snprintf(error, error_len, "the event loop refused the descriptor");
		close(watch->fd);
		free(watch);
		return false;
	}
	watch->radio = radio;
	watch->poll.data = watch;
	radio->watch = watch;
	radio->lost = false;
	radio->queued = radio->sent = 0;
	watch_for(radio);
	bm_host_opened(&radio->host, now_of(radio));
	return true;
}

static bool join(void *ctx, const uint8_t addr[6], const struct bm_station_ops *ops, void *station_ctx,
		 struct bm_bearer *bearer)
{
	struct bm_radio *radio = ctx;
	const struct bm_host_user_ops user_ops = {
		.receive = ops->receive, .seen = ops->seen, .gatt = ops->gatt, .scan_response = ops->scan_response};
	struct bm_host_user *user = bm_host_join(&radio->host, addr, &user_ops, station_ctx);
	if (user)
		*bearer = bm_host_bearer(user);
	return user;
}

struct bm_radio *bm_radio_open(const struct bm_radio_options *options, char *error, size_t error_len)
{
	struct bm_transport transport;
	if (!bm_transport_parse(options->transport, &transport, error, error_len))
		return NULL;
	struct bm_radio *radio = calloc(1, sizeof *radio);
	if (!radio) {
		snprintf(error, error_len, "out of memory");
		return NULL;
	}
	radio->options = *options;
	radio->transport = transport;
	radio->retry_at = BM_TIME_NEVER;
	radio->back_off_us = BACK_OFF_MIN_US;
	snprintf(radio->name, sizeof radio->name, "%s", options->transport);
	bm_host_init(&radio->host, &(struct bm_host_ops){.ctx = radio,
							 .send = send_packet,
							 .random = on_random,
							 .up = on_up,
							 .lost = on_lost,
							 .sniff = options->sniff ? on_sniff : NULL});
	if (!open_transport(radio, FIRST_WAIT_MS, error, error_len)) {
		free(radio);
		return NULL;
	}
	bm_medium_set_radio(options->medium, join, radio);
	return radio;
}

static bool is_reset_complete(const uint8_t *packet, size_t len)
{
	static const uint8_t HEAD[] = {BM_H4_EVENT, BM_HCI_COMMAND_COMPLETE};
	return len >= 6 && memcmp(packet, HEAD, sizeof HEAD) == 0 && (packet[4] | packet[5] << 8) == BM_HCI_RESET;
}

/* What is there to read; true: the reset is complete, or nothing more will come. */
static bool read_last(struct bm_radio *radio)
{
	uint8_t octets[READ_LEN];
	const ssize_t n = read(radio->watch->fd, octets, sizeof octets);
	if (n <= 0)
		return n == 0 || (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK);
	for (size_t at = 0; at < (size_t)n;) {
		size_t used, packet;
		if (!bm_h4_take(&radio->host.h4, octets + at, (size_t)n - at, &used, &packet))
			return true;
		at += used;
		if (packet && radio->options.sniff)
			on_sniff(radio, radio->host.h4.packet, packet);
		if (packet && is_reset_complete(radio->host.h4.packet, packet))
			return true;
	}
	return false;
}

/*
 * Core Vol 4 Part E 7.3.2: neither advertising nor scanning nor any connection outlasts a reset. Its answer is waited
 * for: before it the controller is not idle, and emulated ones do not survive a host that is gone when they answer.
 */
static void leave_idle(struct bm_radio *radio)
{
	static const uint8_t RESET[] = {BM_H4_COMMAND, (uint8_t)BM_HCI_RESET, BM_HCI_RESET >> 8, 0};
	const uint64_t until = uv_hrtime() / 1000u + LEAVE_WAIT_US;
	send_packet(radio, RESET, sizeof RESET);
	for (uint64_t now = uv_hrtime() / 1000u; now < until && !radio->lost; now = uv_hrtime() / 1000u) {
		struct pollfd wait = {.fd = radio->watch->fd, .events = POLLIN};
		if (radio->queued > 0)
			wait.events |= POLLOUT;
		if (poll(&wait, 1, (int)((until - now) / BM_US_PER_MS) + 1) < 0 && errno != EINTR)
			return;
		if (wait.revents & POLLOUT)
			flush(radio);
		if (wait.revents & ~POLLOUT && read_last(radio))
			return;
	}
}

void bm_radio_close(struct bm_radio *radio)
{
	if (!radio)
		return;
	if (radio->watch && !radio->lost)
		leave_idle(radio);
	stop_watching(radio);
	bm_medium_set_radio(radio->options.medium, NULL, NULL);
	free(radio);
}

bm_time bm_radio_deadline(const struct bm_radio *radio)
{
	const bm_time host = bm_host_deadline(&radio->host);
	if (radio->lost)
		return 0;
	return host < radio->retry_at ? host : radio->retry_at;
}

static void retry_later(struct bm_radio *radio, bm_time now)
{
	radio->retry_at = bm_time_add(now, radio->back_off_us);
	radio->back_off_us = radio->back_off_us * 2 > BACK_OFF_MAX_US ? BACK_OFF_MAX_US : radio->back_off_us * 2;
}

static void end_connection(struct bm_radio *radio, bm_time now)
{
	stop_watching(radio);
	radio->lost = false;
	tell(radio, false);
	bm_host_closed(&radio->host, now);
	retry_later(radio, now);
	if (!radio->said_lost)
		say(radio, radio->was_up ? "the radio %s is lost (%s): trying again" : "the radio %s: %s: trying again",
		    radio->why);
	radio->said_lost = true;
}

void bm_radio_run(struct bm_radio *radio, bm_time now)
{
	if (radio->lost)
		end_connection(radio, now);
	if (!radio->watch && radio->retry_at <= now) {
		radio->retry_at = BM_TIME_NEVER;
		if (!open_transport(radio, AGAIN_WAIT_MS, radio->why, sizeof radio->why))
			retry_later(radio, now);
	}
	bm_host_run(&radio->host, now);
}
