/*
 * The LED: off ─(4 s)▶ blue ─(0.1 s)▶ off … while the heartbeat is on; else what the script set.
 * Before both goes attention: white ─(0.25 s)▶ off ─(0.25 s)▶ white … until its time is over.
 */
#include "script/led.h"

#include "script/board.h"

#define HEARTBEAT_US (4 * (uint64_t)BM_US_PER_S)
#define BLINK_US (100 * (uint64_t)BM_US_PER_MS)
#define HEARTBEAT_RGB 0x00007fu
#define ATTENTION_TURN_US (250 * (uint64_t)BM_US_PER_MS)
#define ATTENTION_RGB 0xffffffu

static void show(struct bm_board *board, uint32_t rgb)
{
	if (board->led.rgb == rgb)
		return;
	board->led.rgb = rgb;
	bm_station_light(board->station, board->uuid, rgb, bm_runtime_now(board->rt));
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_LED, .rgb = rgb});
}

static void set(struct bm_board *board, uint32_t rgb)
{
	board->led.set = rgb;
	if (board->led.blink == BM_TIME_NEVER)
		show(board, rgb);
}

static void start_heartbeat(struct bm_board *board)
{
	board->led.heartbeat = true;
	board->led.lit = false;
	board->led.next = bm_time_add(bm_runtime_now(board->rt), HEARTBEAT_US);
}

void bm_led_start(struct bm_board *board)
{
	board->led.blink = BM_TIME_NEVER;
	start_heartbeat(board);
}

void bm_led_attention(struct bm_board *board, uint8_t seconds)
{
	struct bm_led *led = &board->led;
	const bm_time now = bm_runtime_now(board->rt);
	led->blink = BM_TIME_NEVER;
	if (seconds) {
		led->blink = bm_time_add(now, ATTENTION_TURN_US);
		led->blink_end = bm_time_add(now, seconds * (uint64_t)BM_US_PER_S);
	}
	show(board, seconds ? ATTENTION_RGB : led->set);
}

static void run_attention(struct bm_board *board, bm_time now)
{
	struct bm_led *led = &board->led;
	if (led->blink > now)
		return;
	if (led->blink >= led->blink_end) {
		bm_led_attention(board, 0);
		return;
	}
	led->blink = bm_time_add(led->blink, ATTENTION_TURN_US);
	show(board, led->rgb == ATTENTION_RGB ? 0 : ATTENTION_RGB);
}

bm_time bm_led_deadline(const struct bm_led *led)
{
	const bm_time heartbeat = led->heartbeat ? led->next : BM_TIME_NEVER;
	return led->blink < heartbeat ? led->blink : heartbeat;
}

void bm_led_run(struct bm_board *board, bm_time now)
{
	struct bm_led *led = &board->led;
	run_attention(board, now);
	if (!led->heartbeat || led->next > now)
		return;
	led->lit = !led->lit;
	led->next = bm_time_add(led->next, led->lit ? BLINK_US : HEARTBEAT_US - BLINK_US);
	set(board, led->lit ? HEARTBEAT_RGB : 0);
}

void bm_led_heartbeat(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	struct bm_heartbeat_args *args = ctx;
	bool enable = board->led.heartbeat;
	if (!bm_take_bool(&args->enable, "enable", &enable, fault))
		return;
	if (enable && !board->led.heartbeat) {
		set(board, 0);
		start_heartbeat(board);
	} else if (!enable && board->led.heartbeat) {
		board->led.heartbeat = false;
		set(board, 0);
	}
	args->state = board->led.heartbeat;
}

void bm_led_rgb(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_rgbled_args *args = ctx;
	int64_t rgb = 0;
	if (args->color.kind == BM_VALUE_ABSENT)
		bm_fault_set(fault, BM_FAULT_TYPE, "rgbled needs a color");
	else if (bm_take_int(&args->color, "color", 0, 0xffffff, &rgb, fault))
		set(board, (uint32_t)rgb);
}
