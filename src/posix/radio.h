/*
 * A real radio: a Bluetooth controller behind a transport (posix/transport.h), brought up and kept by the LE host
 * (host/host.h). It carries the stations of a medium: what they advertise and their links go through the controller.
 *
 *   open ─(first opening fails: an error)▶ … up ─lost▶ closed ─(after 0.25 to 8 s)▶ opened again …
 */
#ifndef BM_POSIX_RADIO_H
#define BM_POSIX_RADIO_H

struct uv_loop_s; /* libuv's uv_loop_t */

#include "blemesh/base.h"
#include "host/host.h"
#include "sim/medium.h"

struct bm_radio;

struct bm_radio_options {
	const char *transport; /* as bm_transport_parse wants it */
	struct bm_medium *medium;
	struct uv_loop_s *loop;
	bm_time (*now)(void *ctx);
	void (*random)(void *ctx, uint8_t *out, size_t len);
	/* A line for people: the controller is lost, or there again. NULL: nobody cares. */
	void (*say)(void *ctx, const char *text);
	/* The controller is lost, told before anything that fails by it; or works. NULL: nobody cares. */
	void (*state)(void *ctx, bool works);
	/* The HCI packets, H4's indicator in front. NULL: none. */
	void (*sniff)(void *ctx, bool from_controller, const uint8_t *packet, size_t len, bm_time now);
	void *ctx; /* of all of these */
};

/* Before any station joins the medium. On error NULL, and why in error. */
struct bm_radio *bm_radio_open(const struct bm_radio_options *options, char *error, size_t error_len);
/* Leaves the controller idle and closes. Its stations are silent from then on. NULL is ignored. */
void bm_radio_close(struct bm_radio *radio);

/* As a node's: on the loop's thread, whatever happens there. */
bm_time bm_radio_deadline(const struct bm_radio *radio);
void bm_radio_run(struct bm_radio *radio, bm_time now);

#endif
