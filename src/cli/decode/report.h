/*
 * What was found in a packet: its layers from the outermost inwards, each with a title in words, named values, and what
 * was wrong with it. Bounded: what does not fit is left out and said so. Shown as indented text or as JSON.
 */
#ifndef BM_CLI_DECODE_REPORT_H
#define BM_CLI_DECODE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "blemesh/base.h"

#define BM_REPORT_LAYERS 64u
#define BM_REPORT_VALUES 512u
#define BM_REPORT_TEXT 32768u

enum bm_report_kind {
	BM_REPORT_STRING,
	BM_REPORT_NUMBER, /* decimal in both forms */
	BM_REPORT_HEX,    /* hexadecimal in text, a number in JSON */
};

struct bm_report_value {
	const char *name; /* a literal */
	const char *unit; /* NULL or a literal; JSON leaves it out */
	enum bm_report_kind kind;
	bool parameter; /* of an access message: JSON gathers these in "parameters" */
	uint32_t at;    /* in text */
	uint64_t number;
};

struct bm_report_layer {
	const char *id; /* as JSON names it: "network" */
	unsigned depth;
	uint32_t title_at;
	uint32_t problem_at; /* 0: none */
	uint16_t first_value, value_count;
};

struct bm_report {
	struct bm_report_layer layers[BM_REPORT_LAYERS];
	struct bm_report_value values[BM_REPORT_VALUES];
	char text[BM_REPORT_TEXT];
	size_t layer_count, value_count, text_len;
	unsigned depth;
	bool cut; /* something did not fit */
	unsigned problems;
	/* What a reader may want to know without looking at texts. */
	bool has_access;     /* an access message was read */
	bool has_network;    /* a Network PDU was opened */
	bool repeat;         /* that was heard before */
	uint16_t src, dst;   /* of the Network PDU */
	uint32_t opcode;     /* of the access message */
	const char *message; /* its name, or NULL if it is not known */
};

void bm_report_reset(struct bm_report *report);
/* A layer within the one entered last; bm_report_leave goes out of it again. */
__attribute__((format(printf, 3, 4))) void bm_report_enter(struct bm_report *report, const char *id, const char *title,
							   ...);
void bm_report_leave(struct bm_report *report);
/* Values of the last layer begun. */
__attribute__((format(printf, 3, 4))) void bm_report_string(struct bm_report *report, const char *name,
							    const char *format, ...);
void bm_report_number(struct bm_report *report, const char *name, uint64_t number, const char *unit);
void bm_report_hex(struct bm_report *report, const char *name, uint64_t number, int digits);
void bm_report_octets(struct bm_report *report, const char *name, const uint8_t *octets, size_t len);
/* The same for a value that JSON puts under "parameters"; text is shown as it is. */
void bm_report_parameter(struct bm_report *report, const char *name, const char *text, bool is_number,
			 const char *unit);
/* What is wrong with the last layer begun. The first is kept. */
__attribute__((format(printf, 2, 3))) void bm_report_problem(struct bm_report *report, const char *format, ...);

/* A line a layer, each indented by two blanks for each layer around it and by margin besides. */
void bm_report_print(const struct bm_report *report, FILE *file, int margin);
/* An array of objects, in the same order; the caller's. */
json_t *bm_report_json(const struct bm_report *report);
/* The access message alone: " onoff=1 tid=3", or the object of its parameters. */
void bm_report_print_access(const struct bm_report *report, FILE *file);
json_t *bm_report_access_json(const struct bm_report *report);

#endif
