/*
 * The way of a state to its target, which OnOff and Level share (MshMDL 3.1.3, 3.2.1): at once, after a delay, over a
 * transition time that a Set brings or the Default Transition Time gives.
 *
 *   STEADY ──Set with delay──▶ DELAYED ──delay over──▶ MOVING ──transition over──▶ STEADY
 *      └────────────Set with transition, no delay────────▲
 */
#ifndef BM_MODELS_MOTION_H
#define BM_MODELS_MOTION_H

#include "base/timers.h"
#include "blemesh/default_transition_time.h"
#include "models/transition.h"

enum bm_motion_phase { BM_MOTION_STEADY, BM_MOTION_DELAYED, BM_MOTION_MOVING };

struct bm_motion {
	struct bm_timer timer;
	struct bm_transactions transactions;
	struct bm_model *model;
	const struct bm_default_transition_time_server *default_time; /* may be NULL */
	enum bm_motion_phase phase;
	uint32_t opcode;    /* of the message that began it */
	uint8_t transition; /* its whole time, as on the wire */
	bm_time due;        /* the end of the phase */
};

/* What ends every Set. */
struct bm_motion_set {
	uint8_t tid;
	uint8_t transition;
	uint8_t delay_steps;
};

/* fire is called with ctx at the end of each phase, and whenever woken in between. */
void bm_motion_init(struct bm_motion *motion, struct bm_model *model, void (*fire)(void *ctx), void *ctx);
/*
 * Reads the rest of a Set: TID, and transition time and delay or neither of them. whole is for the report of a drop;
 * value_known: was the value before them allowed? False: the message is dropped.
 */
BM_MUST_USE bool bm_motion_read(const struct bm_motion *motion, const struct bm_reader *whole, struct bm_reader *params,
				bool value_known, struct bm_motion_set *set);
void bm_motion_stop(struct bm_motion *motion);
/* Begins the delay; false if there is none. */
BM_MUST_USE bool bm_motion_delay(struct bm_motion *motion, uint8_t delay_steps, bm_time now);
void bm_motion_move(struct bm_motion *motion, bm_time due);
/* The Remaining Time of a status. */
uint8_t bm_motion_remaining(const struct bm_motion *motion, bm_time now);

#endif
