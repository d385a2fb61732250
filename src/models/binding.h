/*
 * State binding (MshMDL 1.4.1.2, 2.3): the change of one state sets others of the same element. A state that can be
 * bound has a struct bm_bound, says when it changed, and offers a function that sets it; a binding is an arrow between
 * two states. A pair bound both ways is two arrows: what comes back to a state that is telling its change goes no
 * further.
 */
#ifndef BM_MODELS_BINDING_H
#define BM_MODELS_BINDING_H

#include "blemesh/base.h"

struct bm_binding;

/* A state's end of its bindings. Zero: bound to nothing. */
struct bm_bound {
	struct bm_binding *first;
	bool telling;
	bool again; /* changed while it was telling */
	int32_t value;
};

struct bm_binding {
	struct bm_binding *next;
	struct bm_bound *to;
	/* Sets the state `to` as value, that of the other state, demands. */
	void (*set)(void *ctx, int32_t value, bm_time now);
	void *ctx;
};

/* The binding's other members are filled in; it stays where it is for the states' life. */
void bm_binding_add(struct bm_bound *from, struct bm_binding *binding);
/* Says that a state changed: those bound to it are set, in the order of their bindings. */
void bm_bound_changed(struct bm_bound *from, int32_t value, bm_time now);

#endif
