/*
 * The report of one packet, put together layer by layer into fixed tables.
 */
#include "cli/decode/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/text.h"

void bm_report_reset(struct bm_report *report)
{
	report->layer_count = report->value_count = 0;
	report->text[0] = '\0'; /* offset 0 is the empty text, and "none" */
	report->text_len = 1;
	report->depth = 0;
	report->cut = false;
	report->problems = 0;
	report->has_access = report->has_network = report->repeat = false;
	report->src = report->dst = BM_ADDR_UNASSIGNED;
	report->opcode = 0;
	report->message = NULL;
}

__attribute__((format(printf, 2, 0))) static uint32_t keep(struct bm_report *report, const char *format, va_list args)
{
	const size_t room = BM_REPORT_TEXT - report->text_len;
	const uint32_t at = (uint32_t)report->text_len;
	const int n = vsnprintf(report->text + at, room, format, args);
	if (n < 0 || (size_t)n >= room) {
		report->cut = true;
		report->text[at] = '\0';
		return 0;
	}
	report->text_len += (size_t)n + 1;
	return at;
}

void bm_report_enter(struct bm_report *report, const char *id, const char *title, ...)
{
	const unsigned depth = report->depth++;
	if (report->layer_count == BM_REPORT_LAYERS) {
		report->cut = true;
		return;
	}
	va_list args;
	va_start(args, title);
	const uint32_t at = keep(report, title, args);
	va_end(args);
	report->layers[report->layer_count++] = (struct bm_report_layer){
		.id = id,
		.depth = depth,
		.title_at = at,
		.first_value = (uint16_t)report->value_count,
	};
}

void bm_report_leave(struct bm_report *report)
{
	report->depth--;
}

static struct bm_report_value *add(struct bm_report *report, const char *name, enum bm_report_kind kind)
{
	if (report->value_count == BM_REPORT_VALUES || report->layer_count == 0 || report->cut) {
		report->cut = true;
		return NULL;
	}
	report->layers[report->layer_count - 1].value_count++;
	struct bm_report_value *value = &report->values[report->value_count++];
	*value = (struct bm_report_value){.name = name, .kind = kind};
	return value;
}

void bm_report_string(struct bm_report *report, const char *name, const char *format, ...)
{
	struct bm_report_value *value = add(report, name, BM_REPORT_STRING);
	if (!value)
		return;
	va_list args;
	va_start(args, format);
	value->at = keep(report, format, args);
	va_end(args);
}

static uint32_t keep_text(struct bm_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
static uint32_t keep_text(struct bm_report *report, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const uint32_t at = keep(report, format, args);
	va_end(args);
	return at;
}

void bm_report_number(struct bm_report *report, const char *name, uint64_t number, const char *unit)
{
	struct bm_report_value *value = add(report, name, BM_REPORT_NUMBER);
	if (!value)
		return;
	value->at = keep_text(report, "%" PRIu64, number);
	value->number = number;
	value->unit = unit;
}

void bm_report_hex(struct bm_report *report, const char *name, uint64_t number, int digits)
{
	struct bm_report_value *value = add(report, name, BM_REPORT_HEX);
	if (!value)
		return;
	value->at = keep_text(report, "0x%0*" PRIx64, digits, number);
	value->number = number;
}

void bm_report_octets(struct bm_report *report, const char *name, const uint8_t *octets, size_t len)
{
	struct bm_report_value *value = add(report, name, BM_REPORT_STRING);
	if (!value)
		return;
	if (BM_REPORT_TEXT - report->text_len < 2 * len + 1) {
		report->cut = true;
		return;
	}
	static const char DIGITS[] = "0123456789abcdef";
	value->at = (uint32_t)report->text_len;
	for (size_t i = 0; i < len; i++) {
		report->text[report->text_len++] = DIGITS[octets[i] >> 4];
		report->text[report->text_len++] = DIGITS[octets[i] & 0x0f];
	}
	report->text[report->text_len++] = '\0';
}

void bm_report_parameter(struct bm_report *report, const char *name, const char *text, bool is_number, const char *unit)
{
	struct bm_report_value *value = add(report, name, is_number ? BM_REPORT_NUMBER : BM_REPORT_STRING);
	if (!value)
		return;
	value->at = keep_text(report, "%s", text);
	value->number = (uint64_t)strtoll(text, NULL, 10);
	value->unit = unit;
	value->parameter = true;
}

void bm_report_problem(struct bm_report *report, const char *format, ...)
{
	report->problems++;
	if (report->layer_count == 0)
		return;
	struct bm_report_layer *layer = &report->layers[report->layer_count - 1];
	if (layer->problem_at)
		return;
	va_list args;
	va_start(args, format);
	layer->problem_at = keep(report, format, args);
	va_end(args);
}

static void put_value(const struct bm_report *report, const struct bm_report_value *value, FILE *file)
{
	const char *text = report->text + value->at;
	const bool quoted = !value->parameter && strchr(text, ' ');
	fprintf(file, "%s=%s", value->name, quoted ? "\"" : "");
	bm_text_show(file, text, strlen(text), false);
	fprintf(file, "%s%s", value->unit ? value->unit : "", quoted ? "\"" : "");
}

static void put_problem(const struct bm_report *report, const struct bm_report_layer *layer, FILE *file)
{
	const char *problem = report->text + layer->problem_at;
	if (!layer->problem_at)
		return;
	fputs(" \u2014 ", file);
	bm_text_show(file, problem, strlen(problem), false);
}

void bm_report_print(const struct bm_report *report, FILE *file, int margin)
{
	for (size_t i = 0; i < report->layer_count; i++) {
		const struct bm_report_layer *layer = &report->layers[i];
		const char *title = report->text + layer->title_at;
		fprintf(file, "%*s", margin + 2 * (int)layer->depth, "");
		bm_text_show(file, title, strlen(title), false);
		for (size_t v = 0; v < layer->value_count; v++) {
			fputs(v ? " " : ": ", file);
			put_value(report, &report->values[layer->first_value + v], file);
		}
		put_problem(report, layer, file);
		fputc('\n', file);
	}
	if (report->cut)
		fprintf(file, "%*s(more than can be shown)\n", margin, "");
}

/* A value that comes several times (a list of addresses) becomes an array. */
static void put(json_t *object, const char *name, json_t *value)
{
	json_t *before = json_object_get(object, name);
	if (!before) {
		(void)json_object_set_new(object, name, value);
	} else if (json_is_array(before)) {
		(void)json_array_append_new(before, value);
	} else {
		json_t *array = json_array();
		(void)json_array_append(array, before);
		(void)json_array_append_new(array, value);
		(void)json_object_set_new(object, name, array);
	}
}

static json_t *layer_json(const struct bm_report *report, const struct bm_report_layer *layer)
{
	json_t *object = json_object(), *parameters = NULL;
	put(object, "layer", json_string(layer->id));
	put(object, "title", bm_text_string(report->text + layer->title_at));
	for (size_t v = 0; v < layer->value_count; v++) {
		const struct bm_report_value *value = &report->values[layer->first_value + v];
		json_t *made = value->kind == BM_REPORT_STRING ? bm_text_string(report->text + value->at)
							       : json_integer((json_int_t)value->number);
		if (value->parameter && !parameters) {
			parameters = json_object();
			put(object, "parameters", parameters);
		}
		put(value->parameter ? parameters : object, value->name, made);
	}
	if (layer->problem_at)
		put(object, "problem", bm_text_string(report->text + layer->problem_at));
	return object;
}

json_t *bm_report_json(const struct bm_report *report)
{
	json_t *layers = json_array();
	for (size_t i = 0; i < report->layer_count; i++)
		(void)json_array_append_new(layers, layer_json(report, &report->layers[i]));
	return layers;
}

static const struct bm_report_layer *access_layer(const struct bm_report *report)
{
	for (size_t i = 0; i < report->layer_count; i++)
		if (strcmp(report->layers[i].id, "access") == 0)
			return &report->layers[i];
	return NULL;
}

void bm_report_print_access(const struct bm_report *report, FILE *file)
{
	const struct bm_report_layer *layer = access_layer(report);
	for (size_t v = 1; layer && v < layer->value_count; v++) { /* the first is the opcode */
		fputc(' ', file);
		put_value(report, &report->values[layer->first_value + v], file);
	}
	if (layer)
		put_problem(report, layer, file);
}

json_t *bm_report_access_json(const struct bm_report *report)
{
	const struct bm_report_layer *layer = access_layer(report);
	json_t *whole = layer ? layer_json(report, layer) : NULL;
	json_t *parameters = json_incref(json_object_get(whole, "parameters"));
	if (!parameters)
		parameters = json_object();
	json_t *octets = json_object_get(whole, "octets");
	if (octets)
		put(parameters, "octets", json_incref(octets));
	if (layer && layer->problem_at)
		put(parameters, "malformed", json_true());
	json_decref(whole);
	return parameters;
}
