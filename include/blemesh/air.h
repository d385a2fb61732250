/*
 * For Linux programs (libblemesh-air, not the core): puts a node onto the machine-wide virtual air, on which the nodes
 * of all processes of one user hear each other, and runs it.
 *
 * Life: bm_on_air_join ▶ bm_node_init with its bearer ▶ bm_on_air_attach ▶ bm_node_start ▶ bm_on_air_run, again and
 * again ▶ bm_on_air_leave. All calls for one handle come from one thread.
 */
#ifndef BLEMESH_AIR_H
#define BLEMESH_AIR_H

#include "blemesh/base.h"
#include "blemesh/bearer.h"
#include "blemesh/node.h"

struct bm_on_air;

/* Joins the air called name (1 to 32 letters, digits, '-' and '_'). On error NULL, and why as text in error. The caller
 * owns what is returned and gives it back with bm_on_air_leave. */
struct bm_on_air *bm_on_air_join(const char *name, char *error, size_t error_len);
/* Leaves the air and frees the handle, not the node: that may not be called afterwards, as its bearer is gone. NULL is
 * ignored. */
void bm_on_air_leave(struct bm_on_air *on_air);

/* What bm_node_init is given; valid until bm_on_air_leave. */
struct bm_bearer bm_on_air_bearer(struct bm_on_air *on_air);
/* What is heard goes to this node, and bm_on_air_run runs it; NULL: to none. The node stays the caller's. */
void bm_on_air_attach(struct bm_on_air *on_air, struct bm_node *node);

/* Microseconds of the machine's monotonic clock: the time to call the node with. */
bm_time bm_on_air_now(const struct bm_on_air *on_air);
/* Random octets of cryptographic quality, from the kernel: bm_node_ops.random, whose ctx it ignores. */
void bm_on_air_random(void *ctx, uint8_t *out, size_t len);

/* When bm_on_air_run has something to do though nothing arrives; BM_TIME_NEVER if nothing. */
bm_time bm_on_air_deadline(const struct bm_on_air *on_air);
/* Waits until something arrives, something is due or the instant until is reached, whatever is first; hands over what
 * arrived and does what is due. The node's callbacks run inside. It may return a little early, with nothing done. */
void bm_on_air_run(struct bm_on_air *on_air, bm_time until);

#endif
