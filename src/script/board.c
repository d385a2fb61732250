/*
 * A board's identity, its events and its prompt.
 */
#include "script/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "script/mesh_api.h"
#include "script/provisioner.h"
#include "script/runtime_state.h"

/* Losses are reported this long after the first of them, all in one. */
#define LOST_REPORT_US BM_US_PER_S

static void on_receive(void *ctx, uint8_t ad_type, const uint8_t *payload, size_t len, int8_t rssi, bm_time now)
{
	struct bm_board *board = ctx;
	if (board->mesh.node)
		bm_node_receive(board->mesh.node, ad_type, payload, len, rssi, now);
}

static void on_seen(void *ctx, const struct bm_gatt_seen *seen, bm_time now)
{
	struct bm_board *board = ctx;
	if (board->mesh.node)
		bm_node_gatt_seen(board->mesh.node, seen, now);
}

static void on_gatt(void *ctx, const struct bm_gatt_event *event, bm_time now)
{
	struct bm_board *board = ctx;
	if (board->mesh.node)
		bm_node_gatt_event(board->mesh.node, event, now);
}

static void on_light(void *ctx, const uint8_t uuid[16], uint32_t rgb, bm_time now)
{
	struct bm_board *board = ctx;
	if (board->mesh.provisioner)
		bm_script_provisioner_light(board->mesh.provisioner, uuid, rgb, now);
}

static void make_address(struct bm_board *board)
{
	/* A static random address (Bluetooth Core Vol 6 Part B 1.3.2.1); the UUID as the original boards form it. */
	static const struct bm_store_key key = {.kind = BM_STORE_HOST};
	struct bm_sqlite_store *store = board->options.store;
	size_t len;
	bm_runtime_random(board->rt, board->addr, sizeof board->addr);
	board->addr[0] |= 0xc0;
	/* A board that was there before is the same one. One that cannot be kept is a new one the next time. */
	if (store &&
	    (bm_sqlite_store_get(store, &key, board->addr, sizeof board->addr, &len) || len != sizeof board->addr))
		(void)bm_sqlite_store_put(store, &key, board->addr, sizeof board->addr);
	board->uuid[0] = board->uuid[1] = 0xdd;
	memcpy(&board->uuid[2], board->addr, sizeof board->addr);
}

struct bm_board *bm_board_new(struct bm_runtime *rt, const struct bm_board_options *options)
{
	static const struct bm_station_ops ops = {
		.receive = on_receive, .light = on_light, .seen = on_seen, .gatt = on_gatt};
	struct bm_board *board = calloc(1, sizeof *board);
	if (!board)
		return NULL;
	board->rt = rt;
	board->options = *options;
	board->name = strdup(options->name);
	board->script = options->script ? strdup(options->script) : NULL;
	make_address(board);
	uint64_t script_seed = 0;
	bm_runtime_random(rt, (uint8_t *)&script_seed, sizeof script_seed);
	bm_prng_seed(&board->prng, script_seed);
	board->station = bm_medium_join(bm_runtime_medium(rt), board->addr, &ops, board);
	if (!board->name || (options->script && !board->script) || !board->station) {
		free(board->name);
		free(board->script);
		free(board);
		return NULL;
	}
	board->typed_tail = &board->typed;
	board->lost_report_at = BM_TIME_NEVER;
	pthread_mutex_init(&board->lines_mutex, NULL);
	bm_gate_init(&board->prompt);
	bm_callbacks_init(&board->callbacks);
	bm_led_start(board);
	*rt->boards_tail = board;
	rt->boards_tail = &board->next;
	return board;
}

const char *bm_board_name(const struct bm_board *board)
{
	return board->name;
}

const uint8_t *bm_board_uuid(const struct bm_board *board)
{
	return board->uuid;
}

struct bm_node *bm_board_node(struct bm_board *board)
{
	return board->mesh.node;
}

void bm_board_say(struct bm_board *board, const struct bm_board_event *event)
{
	if (!board->options.on_event)
		return;
	struct bm_board_event said = *event;
	said.at = bm_runtime_now(board->rt);
	board->options.on_event(board->options.ctx, board, &said);
}

struct report {
	struct bm_board *board;
	const struct bm_board_event *event;
};

static void report(void *ctx)
{
	const struct report *r = ctx;
	bm_board_say(r->board, r->event);
}

void bm_board_report(struct bm_board *board, const struct bm_board_event *event)
{
	bm_runtime_call(board->rt, report, &(struct report){.board = board, .event = event});
}

static void say_line(struct bm_board *board, struct bm_line *line)
{
	line->octets[line->len] = '\0';
	line->len = 0;
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_PRINT, .text = line->octets});
}

static struct bm_line *find_line(struct bm_board *board, enum bm_stream stream, uint64_t writer)
{
	struct bm_line *unused = NULL;
	for (struct bm_line *line = board->lines; line; line = line->next) {
		if (line->len && line->stream == stream && line->writer == writer)
			return line;
		if (!line->len)
			unused = line;
	}
	if (!unused) {
		unused = malloc(sizeof *unused);
		if (!unused)
			return NULL;
		unused->len = 0;
		unused->next = board->lines;
		board->lines = unused;
	}
	unused->stream = stream;
	unused->writer = writer;
	return unused;
}

struct output {
	struct bm_board *board;
	enum bm_stream stream;
	uint64_t writer;
	const char *octets;
	size_t len;
};

/* On the loop, where lines can be reported; or anywhere, if it ends no line and none gets too long. */
static void output(void *ctx)
{
	const struct output *o = ctx;
	pthread_mutex_lock(&o->board->lines_mutex);
	struct bm_line *line = find_line(o->board, o->stream, o->writer);
	for (size_t i = 0; line && i < o->len; i++) {
		const char c = o->octets[i];
		/* A character of several octets stays in one piece. */
		if (c == '\n' || (line->len >= BM_LINE_MAX - 4 && (c & 0xc0) != 0x80) || line->len == BM_LINE_MAX)
			say_line(o->board, line);
		if (c != '\n')
			line->octets[line->len++] = c ? c : ' ';
	}
	pthread_mutex_unlock(&o->board->lines_mutex);
}

static bool ends_no_line(const struct output *o)
{
	if (memchr(o->octets, '\n', o->len))
		return false;
	pthread_mutex_lock(&o->board->lines_mutex);
	const struct bm_line *line = find_line(o->board, o->stream, o->writer);
	const bool fits = line && o->len < BM_LINE_MAX - 4 - line->len;
	pthread_mutex_unlock(&o->board->lines_mutex);
	return fits;
}

void bm_board_write(struct bm_board *board, enum bm_stream stream, uint64_t writer, const char *octets, size_t len)
{
	struct output o = {.board = board, .stream = stream, .writer = writer, .octets = octets, .len = len};
	if (ends_no_line(&o))
		output(&o);
	else
		bm_runtime_call(board->rt, output, &o);
}

static void end_lines(struct bm_board *board, bool all, uint64_t writer)
{
	pthread_mutex_lock(&board->lines_mutex);
	for (struct bm_line *line = board->lines; line; line = line->next)
		if (line->len && (all || line->writer == writer))
			say_line(board, line);
	pthread_mutex_unlock(&board->lines_mutex);
}

static void output_end(void *ctx)
{
	const struct output *o = ctx;
	end_lines(o->board, false, o->writer);
}

void bm_board_write_end(struct bm_board *board, uint64_t writer)
{
	struct output o = {.board = board, .writer = writer};
	bm_runtime_call(board->rt, output_end, &o);
}

void bm_board_type(struct bm_board *board, const char *code, bool seen)
{
	const size_t len = strlen(code) + 1;
	struct bm_typed *typed = malloc(sizeof *typed + len);
	if (!typed)
		return;
	typed->next = NULL;
	typed->seen = seen;
	memcpy(typed->code, code, len);
	bm_gate_lock(&board->prompt);
	const bool room = board->typed_count < BM_TYPED_MAX;
	if (room) {
		*board->typed_tail = typed;
		board->typed_tail = &typed->next;
		board->typed_count++;
		bm_gate_notify(board->rt, &board->prompt);
	}
	bm_gate_unlock(&board->prompt);
	if (room)
		return;
	free(typed);
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_WARNING,
						     .text = "typed code was lost: too much of it waits"});
}

struct bm_typed *bm_board_next_typed(struct bm_board *board)
{
	bm_gate_lock(&board->prompt);
	board->prompt_state = BM_PROMPT_IDLE;
	bm_gate_notify(board->rt, &board->prompt);
	while (!board->typed)
		bm_gate_wait(board->rt, &board->prompt);
	board->prompt_state = BM_PROMPT_BUSY;
	struct bm_typed *typed = board->typed;
	board->typed = typed->next;
	if (!board->typed)
		board->typed_tail = &board->typed;
	board->typed_count--;
	bm_gate_unlock(&board->prompt);
	return typed;
}

enum bm_prompt_state bm_board_prompt_state(struct bm_board *board)
{
	bm_gate_lock(&board->prompt);
	enum bm_prompt_state state = board->prompt_state;
	if (state == BM_PROMPT_IDLE && board->typed_count)
		state = BM_PROMPT_BUSY;
	bm_gate_unlock(&board->prompt);
	return state;
}

void bm_board_prompt_wait(struct bm_board *board)
{
	bm_gate_lock(&board->prompt);
	while (board->prompt_state != BM_PROMPT_IDLE || board->typed_count)
		bm_gate_wait(board->rt, &board->prompt);
	bm_gate_unlock(&board->prompt);
}

bool bm_board_wants_more(struct bm_board *board, const char *code)
{
	return board->rt->interpreter && board->rt->interpreter->wants_more(board, code);
}

void bm_board_complete(struct bm_board *board, const char *line,
		       void (*each)(void *ctx, size_t replace, const char *candidate), void *ctx)
{
	if (board->rt->interpreter)
		board->rt->interpreter->complete(board, line, each, ctx);
}

void bm_board_interrupt(struct bm_board *board)
{
	if (board->rt->interpreter && bm_board_prompt_state(board) == BM_PROMPT_BUSY)
		board->rt->interpreter->interrupt(board);
}

size_t bm_board_typed_waiting(const struct bm_board *board)
{
	return board->typed_count;
}

void bm_board_queue(struct bm_board *board, const struct bm_callback *callback)
{
	if (callback->function && bm_callbacks_push(board->rt, &board->callbacks, callback))
		return;
	struct bm_value state = callback->state;
	bm_value_free(&state);
	if (callback->function && board->lost_report_at == BM_TIME_NEVER)
		board->lost_report_at = bm_time_add(bm_runtime_now(board->rt), LOST_REPORT_US);
}

static void report_lost(struct bm_board *board)
{
	const uint64_t lost = bm_callbacks_take_lost(&board->callbacks);
	char text[128];
	board->lost_report_at = BM_TIME_NEVER;
	if (!lost)
		return;
	snprintf(text, sizeof text, "%llu callback%s lost: the queue (%u) was full, a callback takes too long",
		 (unsigned long long)lost, lost == 1 ? " was" : "s were", BM_CALLBACKS_MAX);
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_WARNING, .text = text});
}

static bm_time earlier(bm_time a, bm_time b)
{
	return a < b ? a : b;
}

bm_time bm_board_deadline(const struct bm_board *board)
{
	bm_time at = earlier(bm_led_deadline(&board->led), bm_alarms_deadline(board));
	return earlier(earlier(at, board->lost_report_at), bm_mesh_deadline(board));
}

void bm_board_run(struct bm_board *board, bm_time now)
{
	bm_mesh_run(board, now);
	bm_led_run(board, now);
	bm_alarms_run(board, now);
	if (board->lost_report_at <= now)
		report_lost(board);
}

void bm_board_end(struct bm_board *board)
{
	end_lines(board, true, 0);
	report_lost(board);
}
