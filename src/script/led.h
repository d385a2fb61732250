/*
 * The board's LED and its heartbeat: while that is on (at the start), the LED blinks blue every 4 s and a colour set
 * lasts until the next blink only. While attention is drawn the LED blinks white instead; what was set meanwhile shows
 * afterwards. Others see the LED as light on the medium.
 */
#ifndef BM_SCRIPT_LED_H
#define BM_SCRIPT_LED_H

#include "blemesh/base.h"
#include "script/value.h"

struct bm_board;

struct bm_led {
	bool heartbeat;
	bool lit;      /* in the short part of the heartbeat */
	uint32_t rgb;  /* as seen */
	uint32_t set;  /* as it is without attention */
	bm_time next;  /* of the heartbeat */
	bm_time blink; /* the next turn of attention's blinking; BM_TIME_NEVER: no attention */
	bm_time blink_end;
};

void bm_led_start(struct bm_board *board);
bm_time bm_led_deadline(const struct bm_led *led);
void bm_led_run(struct bm_board *board, bm_time now);
/* Blinks for so many seconds from now on; 0: no longer. On the loop. */
void bm_led_attention(struct bm_board *board, uint8_t seconds);

/* API functions (mesh_api.h, bm_api_call). */
struct bm_heartbeat_args {
	struct bm_value enable;
	bool state; /* what it is now */
};
void bm_led_heartbeat(struct bm_board *board, void *args, struct bm_fault *fault);
struct bm_rgbled_args {
	struct bm_value color;
};
void bm_led_rgb(struct bm_board *board, void *args, struct bm_fault *fault);

#endif
