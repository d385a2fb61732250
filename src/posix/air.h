/*
 * The virtual air between processes: a directory of Unix datagram sockets, one a process; a sender sends to all others.
 * There is no hub. A full socket drops and counts, never blocks. The directory belongs to the user and nobody else may
 * enter it: owner and mode are checked.
 *
 * Datagram: 'b' 'm', version 1, kind (enum bm_frame_kind), the frame's octets.
 */
#ifndef BM_POSIX_AIR_H
#define BM_POSIX_AIR_H

struct uv_loop_s; /* libuv's uv_loop_t */

#include "blemesh/base.h"
#include "sim/medium.h"

struct bm_air;

struct bm_air_stats {
	uint64_t sent, received, dropped, malformed;
};

/* Joins the air called name (letters, digits, '-', '_', at most 32) and ties it to medium. Frames are delivered by loop
 * callbacks on loop's thread. now tells the time frames are stamped with. On error NULL, and why in error. */
struct bm_air *bm_air_join(struct bm_medium *medium, struct uv_loop_s *loop, const char *name,
			   bm_time (*now)(void *ctx), void *ctx, char *error, size_t error_len);
/* Leaves: the socket is removed. */
void bm_air_leave(struct bm_air *air);
struct bm_air_stats bm_air_stats(const struct bm_air *air);

#endif
