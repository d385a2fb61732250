/*
 * What `blemesh run` says: events of boards, messages, steps of the provisioner, the summary; as a picture for people
 * or as a JSON object a line.
 */
#ifndef BM_CLI_OUTPUT_H
#define BM_CLI_OUTPUT_H

#include <stdio.h>

#include "blemesh/trace.h"
#include "cli/steps.h"
#include "script/runtime.h"

struct bm_summary_row {
	const char *name;
	bool provisioned;
	uint16_t addr;
	const struct bm_counters *counters; /* NULL: the board never had a node */
	size_t typed_waiting;               /* typed code that never ran */
};

struct bm_output;

struct bm_output_ops {
	/* led: the board's LED as it is after the event. */
	void (*board)(struct bm_output *output, const char *board, uint32_t led, const struct bm_board_event *event);
	void (*message)(struct bm_output *output, const char *board, uint32_t led, const struct bm_trace *trace);
	void (*step)(struct bm_output *output, const struct bm_step *step);
	/* board NULL: about the run. */
	void (*warning)(struct bm_output *output, const char *board, bm_time now, const char *text);
	void (*summary)(struct bm_output *output, const struct bm_summary_row *rows, size_t count, bm_time now);
};

struct bm_output {
	const struct bm_output_ops *ops;
	FILE *file;
	bool flush;  /* after every line */
	bool broken; /* the reader is gone, or the disk is full: nothing more is written */
	int error;   /* why, if known: EPIPE, ENOSPC, … */
	/* people's */
	bool terminal; /* it can show a line of what is being waited for */
	bool colour;
	bool status_shown;
	int name_width;
};

/* name_width: of the longest board name. */
void bm_output_human(struct bm_output *output, FILE *file, bool terminal, bool colour, int name_width);
void bm_output_json(struct bm_output *output, FILE *file);

/* A line was written: flushes if wanted and notices a broken pipe. */
void bm_output_line_end(struct bm_output *output);
void bm_output_flush(struct bm_output *output);
/* On a terminal, the last line: what is being waited for. NULL removes it. */
void bm_output_status(struct bm_output *output, const char *text);

/* The nearest colour's name: "off", "red", "green", …. */
const char *bm_colour_name(uint32_t rgb);

/* "beaconing", "link_open", …. */
const char *bm_board_prov_name(enum bm_board_prov prov);

#endif
