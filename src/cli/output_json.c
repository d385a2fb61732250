/*
 * A JSON object a line. The keys always come in the order in which they are set here, so that two equal runs write
 * equal octets.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "cli/run_options.h"
#include "cli/text.h"
#include "pdu/messages.h"

static json_t *hex_of(const uint8_t *octets, size_t len)
{
	char hex[2 * BM_ACCESS_MAX + 1] = "";
	for (size_t i = 0; i < len && i < BM_ACCESS_MAX; i++)
		snprintf(hex + 2 * i, 3, "%02x", octets[i]);
	return json_string(hex);
}

static void put(json_t *object, const char *key, json_t *value)
{
	/* Only memory can be missing; then a key is. */
	(void)json_object_set_new(object, key, value);
}

static json_t *begin(const char *board, const char *event)
{
	json_t *object = json_object();
	put(object, "board", board ? bm_text_string(board) : json_null());
	put(object, "event", json_string(event));
	return object;
}

/* The time is written by hand: microseconds are exact in it, as they would not be in a double's shortest form. */
static void end(struct bm_output *output, json_t *object, bm_time now)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(10));
	json_decref(object);
	if (!text)
		return;
	fprintf(output->file, "{\"t\":%" PRIu64 ".%06u,", (uint64_t)(now / BM_US_PER_S), (unsigned)(now % BM_US_PER_S));
	bm_text_escape(output->file, text + 1);
	free(text);
	bm_output_line_end(output);
}

static void put_prov(json_t *object, const struct bm_board_event *event)
{
	put(object, "state", json_string(bm_board_prov_name(event->prov)));
	if (event->prov == BM_BOARD_COMPLETE || event->prov == BM_BOARD_RESTORED ||
	    event->prov == BM_BOARD_PROVISIONER || event->prov == BM_BOARD_FRIEND_FOUND ||
	    event->prov == BM_BOARD_FRIEND_LOST)
		put(object, "address", json_integer(event->addr));
	if (event->prov != BM_BOARD_OOB)
		return;
	if (event->oob.is_text)
		put(object, "oob", bm_text_string(event->oob.text));
	else
		put(object, "oob", event->oob.number ? json_integer(event->oob.number) : json_null());
}

static void json_board(struct bm_output *output, const char *board, uint32_t led, const struct bm_board_event *event)
{
	static const char *const NAMES[] = {
		[BM_BOARD_PRINT] = "print",         [BM_BOARD_LED] = "led",     [BM_BOARD_PROV] = "prov",
		[BM_BOARD_EXCEPTION] = "exception", [BM_BOARD_TYPED] = "typed", [BM_BOARD_EXIT] = "exit",
		[BM_BOARD_WARNING] = "warning",
	};
	(void)led;
	if (output->broken)
		return;
	json_t *object = begin(board, NAMES[event->kind]);
	char rgb[8];
	switch (event->kind) {
	case BM_BOARD_PRINT:
	case BM_BOARD_EXCEPTION:
	case BM_BOARD_WARNING:
		put(object, "text", bm_text_string(event->text));
		break;
	case BM_BOARD_TYPED:
		put(object, "code", bm_text_string(event->text));
		break;
	case BM_BOARD_LED:
		snprintf(rgb, sizeof rgb, "%06" PRIx32, event->rgb & 0xffffff);
		put(object, "rgb", json_string(rgb));
		break;
	case BM_BOARD_PROV:
		put_prov(object, event);
		break;
	case BM_BOARD_EXIT:
		put(object, "code", json_integer(event->code));
		break;
	}
	end(output, object, event->at);
}

/* A field that comes several times (properties of a sensor) becomes an array. */
static void put_field(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	json_t *parameters = ctx;
	json_t *value = is_number ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;
	if (!value)
		value = bm_text_string(text);
	json_t *before = json_object_get(parameters, field->name);
	if (!before) {
		put(parameters, field->name, value);
	} else if (json_is_array(before)) {
		(void)json_array_append_new(before, value);
	} else {
		json_t *array = json_array();
		(void)json_array_append(array, before);
		(void)json_array_append_new(array, value);
		put(parameters, field->name, array);
	}
}

static void json_message(struct bm_output *output, const char *board, uint32_t led, const struct bm_trace *trace)
{
	(void)led;
	if (output->broken)
		return;
	struct bm_reader r = bm_reader_of(trace->octets, trace->len);
	uint32_t opcode = 0;
	const bool has_opcode = bm_opcode_read(&r, &opcode) == BM_OK;
	const struct bm_message *message = has_opcode ? bm_message_find(opcode) : NULL;
	json_t *object = begin(board, "message");
	put(object, "dir", json_string(trace->kind == BM_TRACE_ACCESS_TX ? "tx" : "rx"));
	put(object, "src", json_integer(trace->src));
	put(object, "dst", json_integer(trace->dst));
	json_t *parameters = json_object();
	if (message) {
		put(object, "opcode", json_string(message->name));
		/* What a message that does not fit its description holds may be a key: it is not shown. */
		if (bm_message_visit(message, r.at, bm_reader_left(&r), put_field, parameters) != BM_OK)
			put(parameters, "malformed", json_true());
	} else {
		char number[16];
		snprintf(number, sizeof number, "0x%02" PRIx32, opcode);
		put(object, "opcode", json_string(number));
		put(parameters, "octets", hex_of(r.at, bm_reader_left(&r)));
	}
	put(object, "parameters", parameters);
	end(output, object, trace->at);
}

static void json_step(struct bm_output *output, const struct bm_step *step)
{
	char text[256];
	if (output->broken)
		return;
	json_t *object = begin(BM_PROVISIONER_NAME, step->kind == BM_STEP_READY ? "ready" : "provision");
	if (step->kind != BM_STEP_READY)
		put(object, "step", json_string(bm_step_name(step->kind)));
	if (step->device)
		put(object, "device", bm_text_string(step->device));
	if (step->uuid)
		put(object, "uuid", hex_of(step->uuid, BM_UUID_LEN));
	if (step->addr)
		put(object, "address", json_integer(step->addr));
	if (step->elements)
		put(object, "elements", json_integer(step->elements));
	if (step->models)
		put(object, "models", json_integer(step->models));
	if (step->has_number)
		put(object, "number", json_integer(step->number));
	if (step->kind == BM_STEP_CAPABILITIES) {
		put(object, "method", json_string(bm_step_method(step)));
		put(object, "algorithm", json_string(step->alg == BM_PROV_ALG_HMAC ? "HMAC-SHA256" : "AES-CMAC"));
	}
	bm_step_text(step, text, sizeof text);
	put(object, "text", bm_text_string(text));
	end(output, object, step->at);
}

static void json_warning(struct bm_output *output, const char *board, bm_time now, const char *text)
{
	if (output->broken)
		return;
	json_t *object = begin(board, "warning");
	put(object, "text", bm_text_string(text));
	end(output, object, now);
}

static json_t *row_of(const struct bm_summary_row *row)
{
	static const struct bm_counters NONE;
	const struct bm_counters *counters = row->counters ? row->counters : &NONE;
	json_t *object = json_object();
	put(object, "provisioned", json_boolean(row->provisioned));
	put(object, "address", row->provisioned ? json_integer(row->addr) : json_null());
	json_t *messages = json_object();
	put(messages, "tx", json_integer(counters->access_tx));
	put(messages, "rx", json_integer(counters->access_rx));
	put(messages, "relayed", json_integer(counters->net_relayed));
	put(object, "messages", messages);
	json_t *drops = json_object();
	for (int i = 0; i < BM_DROP_COUNT; i++)
		if (counters->drop[i])
			put(drops, bm_drop_name((enum bm_drop)i), json_integer(counters->drop[i]));
	put(object, "drops", drops);
	if (row->typed_waiting)
		put(object, "typed_waiting", json_integer((json_int_t)row->typed_waiting));
	return object;
}

static void json_summary(struct bm_output *output, const struct bm_summary_row *rows, size_t count, bm_time now)
{
	if (output->broken)
		return;
	json_t *object = begin(NULL, "summary");
	json_t *boards = json_object();
	for (size_t i = 0; i < count; i++)
		put(boards, rows[i].name, row_of(&rows[i]));
	put(object, "boards", boards);
	end(output, object, now);
}

void bm_output_json(struct bm_output *output, FILE *file)
{
	static const struct bm_output_ops OPS = {
		.board = json_board,
		.message = json_message,
		.step = json_step,
		.warning = json_warning,
		.summary = json_summary,
	};
	*output = (struct bm_output){.ops = &OPS, .file = file};
}
