/*
 * The picture for people: a line an event: time, board, the LED as a coloured dot with its name, what happened.
 */
#include <inttypes.h>
#include <string.h>

#include "cli/output.h"
#include "cli/run_options.h"
#include "cli/text.h"
#include "pdu/messages.h"

#define STYLE_DIM "\x1b[2m"
#define STYLE_BOLD "\x1b[1m"
#define STYLE_RED "\x1b[31m"
#define STYLE_GREEN "\x1b[32m"
#define STYLE_CYAN "\x1b[36m"
#define STYLE_MAGENTA "\x1b[35m"
#define STYLE_NONE "\x1b[0m"
#define COLOUR_WIDTH 7
#define LED_NONE UINT32_MAX

static const char *style(const struct bm_output *output, const char *code)
{
	return output->colour ? code : "";
}

/* A board's name, and blanks up to the column's width. */
static void put_name(struct bm_output *output, const char *name)
{
	bm_text_show(output->file, name, strlen(name), false);
	for (int width = bm_text_width(name); width < output->name_width; width++)
		fputc(' ', output->file);
}

static void put_text(struct bm_output *output, const char *text, size_t len)
{
	bm_text_show(output->file, text, len, output->colour);
}

/* Everything left of what happened. */
static void prefix(struct bm_output *output, const char *board, uint32_t led, bm_time now)
{
	bm_output_status(output, NULL);
	FILE *file = output->file;
	fprintf(file, "%s%5" PRIu64 ".%03u%s  %s", style(output, STYLE_DIM), (uint64_t)(now / BM_US_PER_S),
		(unsigned)(now % BM_US_PER_S / BM_US_PER_MS), style(output, STYLE_NONE), style(output, STYLE_BOLD));
	put_name(output, board);
	fprintf(file, "%s  ", style(output, STYLE_NONE));
	if (led == LED_NONE) {
		fprintf(file, "  %-*s  ", COLOUR_WIDTH, "");
		return;
	}
	if (output->colour && led)
		fprintf(file, "\x1b[38;2;%u;%u;%um", (unsigned)(led >> 16 & 0xff), (unsigned)(led >> 8 & 0xff),
			(unsigned)(led & 0xff));
	fprintf(file, "%s%s %-*s  ", led ? "\u25cf" : "\u25cb", style(output, STYLE_NONE), COLOUR_WIDTH,
		bm_colour_name(led));
}

static void line(struct bm_output *output, const char *board, uint32_t led, bm_time now, const char *code,
		 const char *text)
{
	prefix(output, board, led, now);
	fputs(style(output, code), output->file);
	put_text(output, text, strlen(text));
	fputs(code[0] ? style(output, STYLE_NONE) : "", output->file);
	bm_output_line_end(output);
}

/* A traceback: each of its lines under the same prefix. */
static void lines(struct bm_output *output, const char *board, uint32_t led, bm_time now, const char *code,
		  const char *text)
{
	while (*text) {
		const size_t len = strcspn(text, "\n");
		prefix(output, board, led, now);
		fputs(style(output, code), output->file);
		put_text(output, text, len);
		fputs(style(output, STYLE_NONE), output->file);
		bm_output_line_end(output);
		text += len + (text[len] == '\n');
	}
}

static void prov_text(const struct bm_board_event *event, char *out, size_t len)
{
	switch (event->prov) {
	case BM_BOARD_BEACONING:
		snprintf(out, len, "waits to be provisioned");
		return;
	case BM_BOARD_LINK_OPEN:
		snprintf(out, len, "a provisioner opened a link");
		return;
	case BM_BOARD_OOB:
		if (event->oob.is_text)
			snprintf(out, len, "shows its provisioner the text %s", event->oob.text);
		else if (event->oob.number)
			snprintf(out, len, "shows its provisioner the number %" PRIu32, event->oob.number);
		else
			snprintf(out, len, "asks for its provisioner's number");
		return;
	case BM_BOARD_COMPLETE:
		snprintf(out, len, "is provisioned, address 0x%04x", event->addr);
		return;
	case BM_BOARD_FAILED:
		snprintf(out, len, "provisioning failed");
		return;
	case BM_BOARD_CLOSED:
		snprintf(out, len, "the link is closed");
		return;
	case BM_BOARD_RESET:
		snprintf(out, len, "forgot its provisioning");
		return;
	case BM_BOARD_RESTORED:
		snprintf(out, len, "is a node again, address 0x%04x", event->addr);
		return;
	case BM_BOARD_PROVISIONER:
		snprintf(out, len, "is the provisioner of its own network, address 0x%04x", event->addr);
		return;
	case BM_BOARD_FRIEND_FOUND:
		snprintf(out, len, "sleeps now, its friend is 0x%04x", event->addr);
		return;
	case BM_BOARD_FRIEND_LOST:
		snprintf(out, len, "lost its friend 0x%04x", event->addr);
		return;
	}
	snprintf(out, len, "?");
}

static void human_board(struct bm_output *output, const char *board, uint32_t led, const struct bm_board_event *event)
{
	char text[160];
	const char *said = event->text ? event->text : "";
	if (output->broken || event->seen)
		return;
	switch (event->kind) {
	case BM_BOARD_PRINT:
		line(output, board, led, event->at, "", said);
		return;
	case BM_BOARD_LED:
		snprintf(text, sizeof text, "LED #%06" PRIx32, event->rgb);
		line(output, board, led, event->at, STYLE_DIM, text);
		return;
	case BM_BOARD_PROV:
		prov_text(event, text, sizeof text);
		line(output, board, led, event->at, event->prov == BM_BOARD_FAILED ? STYLE_RED : STYLE_CYAN, text);
		return;
	case BM_BOARD_EXCEPTION:
		lines(output, board, led, event->at, STYLE_RED, said);
		return;
	case BM_BOARD_TYPED:
		prefix(output, board, led, event->at);
		fprintf(output->file, "%s>>> ", style(output, STYLE_MAGENTA));
		put_text(output, said, strlen(said));
		fputs(style(output, STYLE_NONE), output->file);
		bm_output_line_end(output);
		return;
	case BM_BOARD_EXIT:
		if (event->code == 0)
			snprintf(text, sizeof text, "the script's last line has run");
		else
			snprintf(text, sizeof text, "the script ended with status %d", event->code);
		line(output, board, led, event->at, event->code ? STYLE_RED : STYLE_DIM, text);
		return;
	case BM_BOARD_WARNING:
		line(output, board, led, event->at, STYLE_RED, said);
		return;
	}
}

static void put_field(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	FILE *file = ctx;
	(void)is_number;
	fprintf(file, " %s=%s%s", field->name, text, field->unit ? field->unit : "");
}

static void human_message(struct bm_output *output, const char *board, uint32_t led, const struct bm_trace *trace)
{
	if (output->broken)
		return;
	struct bm_reader r = bm_reader_of(trace->octets, trace->len);
	uint32_t opcode = 0;
	const bool has_opcode = bm_opcode_read(&r, &opcode) == BM_OK;
	const struct bm_message *message = has_opcode ? bm_message_find(opcode) : NULL;
	prefix(output, board, led, trace->at);
	fprintf(output->file, "%s%s 0x%04x %s 0x%04x  ", style(output, STYLE_DIM),
		trace->kind == BM_TRACE_ACCESS_TX ? "sends" : "hears", trace->src, "\u2192", trace->dst);
	if (message) {
		fputs(message->name, output->file);
		if (bm_message_visit(message, r.at, bm_reader_left(&r), put_field, output->file) != BM_OK)
			fputs(" (malformed)", output->file);
	} else {
		fprintf(output->file, "opcode 0x%02" PRIx32 ", %zu octets", opcode, bm_reader_left(&r));
	}
	fputs(style(output, STYLE_NONE), output->file);
	bm_output_line_end(output);
}

static void human_step(struct bm_output *output, const struct bm_step *step)
{
	char text[256];
	if (output->broken)
		return;
	bm_step_text(step, text, sizeof text);
	const char *code = "";
	if (step->kind == BM_STEP_FAILED || step->kind == BM_STEP_GIVEN_UP || step->kind == BM_STEP_BIND_FAILED ||
	    step->kind == BM_STEP_NO_NUMBER)
		code = STYLE_RED;
	else if (step->kind == BM_STEP_READY || step->kind == BM_STEP_CONFIGURED)
		code = STYLE_GREEN;
	line(output, BM_PROVISIONER_NAME, LED_NONE, step->at, code, text);
}

static void human_warning(struct bm_output *output, const char *board, bm_time now, const char *text)
{
	if (output->broken)
		return;
	line(output, board ? board : "", LED_NONE, now, STYLE_RED, text);
}

static void put_drops(FILE *file, const struct bm_counters *counters)
{
	const char *separator = "";
	for (int i = 0; i < BM_DROP_COUNT; i++) {
		if (counters->drop[i] == 0)
			continue;
		fprintf(file, "%s%s %" PRIu32, separator, bm_drop_name((enum bm_drop)i), counters->drop[i]);
		separator = ", ";
	}
}

static int digits(uint32_t number, int least)
{
	const int len = snprintf(NULL, 0, "%" PRIu32, number);
	return len > least ? len : least;
}

static void human_summary(struct bm_output *output, const struct bm_summary_row *rows, size_t count, bm_time now)
{
	if (output->broken)
		return;
	bm_output_status(output, NULL);
	FILE *file = output->file;
	int sent = 4, heard = 5;
	for (size_t i = 0; i < count; i++) {
		sent = rows[i].counters ? digits(rows[i].counters->access_tx, sent) : sent;
		heard = rows[i].counters ? digits(rows[i].counters->access_rx, heard) : heard;
	}
	fprintf(file, "%s%5" PRIu64 ".%03u  %-*s  address  %*s  %*s  dropped%s", style(output, STYLE_BOLD),
		(uint64_t)(now / BM_US_PER_S), (unsigned)(now % BM_US_PER_S / BM_US_PER_MS), output->name_width,
		"summary", sent, "sent", heard, "heard", style(output, STYLE_NONE));
	bm_output_line_end(output);
	for (size_t i = 0; i < count; i++) {
		const struct bm_summary_row *row = &rows[i];
		fputs("           ", file);
		put_name(output, row->name);
		fputs("  ", file);
		if (row->provisioned)
			fprintf(file, "0x%04x   ", row->addr);
		else
			fprintf(file, "none     ");
		if (row->counters) {
			fprintf(file, "%*" PRIu32 "  %*" PRIu32 "  ", sent, row->counters->access_tx, heard,
				row->counters->access_rx);
			put_drops(file, row->counters);
		} else {
			fprintf(file, "it never came onto the air");
		}
		bm_output_line_end(output);
	}
}

void bm_output_human(struct bm_output *output, FILE *file, bool terminal, bool colour, int name_width)
{
	static const struct bm_output_ops OPS = {
		.board = human_board,
		.message = human_message,
		.step = human_step,
		.warning = human_warning,
		.summary = human_summary,
	};
	*output = (struct bm_output){
		.ops = &OPS,
		.file = file,
		.terminal = terminal,
		.colour = colour,
		.name_width = name_width < 11 ? 11 : name_width,
	};
}
