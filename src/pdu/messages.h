/*
 * Access messages described: name, opcode, fields. From one table come names, encoding, decoding, text and JSON; adding
 * a message is adding a row.
 */
#ifndef BM_PDU_MESSAGES_H
#define BM_PDU_MESSAGES_H

#include "blemesh/base.h"
#include "blemesh/bytes.h"
#include "blemesh/err.h"

enum bm_field_kind {
	BM_FIELD_UINT,        /* bits wide, little-endian; shown as a number */
	BM_FIELD_INT,         /* two's complement */
	BM_FIELD_BOOL,        /* an octet: 0 or 1 */
	BM_FIELD_ADDR,        /* a 16-bit address; shown in hexadecimal */
	BM_FIELD_KEY_INDEX,   /* 16 bits, 12 used */
	BM_FIELD_KEY_INDEXES, /* 24 bits: NetKey and AppKey index */
	BM_FIELD_SECRET,      /* a key: shown as its length alone */
	BM_FIELD_MODEL,       /* model identifier of 16 or 32 bits; 0 bits: 2 or 4 octets to the end */
	BM_FIELD_LABEL,       /* 16 octets */
	BM_FIELD_OCTETS,      /* the rest, in hexadecimal */
	BM_FIELD_TRANSITION,  /* steps and resolution; shown in milliseconds */
	BM_FIELD_SENSOR_DATA, /* marshalled property values */
	BM_FIELD_KEY_LIST,    /* packed 12-bit indexes to the end */
	BM_FIELD_HEX,         /* 16 bits of flags or an assigned number; shown in hexadecimal */
	BM_FIELD_PROPERTY,    /* a 16-bit property identifier; shown in hexadecimal */
	BM_FIELD_PROPERTIES,  /* property identifiers to the end */
	BM_FIELD_ADDRS,       /* addresses to the end */
	BM_FIELD_PERIOD,      /* steps and resolution as a transition's, but 0x3f steps are a value like any other */
};

struct bm_field {
	const char *name; /* snake_case, the specification's noun; NULL: reserved bits, not shown */
	enum bm_field_kind kind;
	uint8_t bits;     /* fields narrower than an octet are packed from the least significant bit in their order */
	uint8_t optional; /* fields with the same number other than 0 are present together or absent together */
	const char *unit; /* NULL or "ms", "s", … */
};

struct bm_message {
	uint32_t opcode;
	const char *name; /* as the specification writes it: "Generic OnOff Set Unacknowledged" */
	const struct bm_field *fields;
	uint8_t field_count;
};

/* NULL if the opcode is unknown. */
const struct bm_message *bm_message_find(uint32_t opcode);

/* All of them, by number from 0 on: for lists and completion. */
size_t bm_message_count(void);
const struct bm_message *bm_message_at(size_t index); /* NULL beyond the last one */

/* Reads an opcode off the front of an access payload (MshPRT 3.7.2.1). BM_ERR_PROHIBITED for 0x7f. */
BM_MUST_USE enum bm_err bm_opcode_read(struct bm_reader *r, uint32_t *opcode);

/* A field's value. Numbers are those that bm_field_is_number names; BM_FIELD_KEY_INDEXES is one of 24 bits, the first
 * octet least significant. */
struct bm_field_value {
	int64_t number;
	const uint8_t *octets; /* of the other fields, as in the message */
	size_t len;
};
bool bm_field_is_number(const struct bm_field *field);

/* Called for each field that is present, in order; octets are valid during the call. */
typedef void (*bm_field_take)(void *ctx, const struct bm_field *field, const struct bm_field_value *value);
/* BM_ERR_TOO_SHORT or BM_ERR_TOO_LONG if the parameters do not fit the description; the fields before were told. */
BM_MUST_USE enum bm_err bm_message_decode(const struct bm_message *message, const uint8_t *params, size_t len,
					  bm_field_take take, void *ctx);

/* Asked for each field in order. False: the field is absent, which only the first field of an optional group may be;
 * the message ends there. */
typedef bool (*bm_field_give)(void *ctx, const struct bm_field *field, struct bm_field_value *value);
/* Writes opcode and parameters. BM_ERR_INVALID: a field that must be there is absent, a number is out of its range, or
 * octets are of a length that the field cannot have. BM_ERR_NO_SPACE. */
BM_MUST_USE enum bm_err bm_message_encode(const struct bm_message *message, struct bm_writer *w, bm_field_give give,
					  void *ctx);

/* Called for each field decoded: text is its value, ready to print; is_number says whether it is a JSON number. Text
 * needs no escaping in JSON. Lists are separated by spaces, sensor data reads "0x0056=1a00". BM_FIELD_KEY_INDEXES
 * calls twice, for net_key_index and app_key_index. */
typedef void (*bm_field_visit)(void *ctx, const struct bm_field *field, const char *text, bool is_number);
/* bm_message_decode, with text. */
BM_MUST_USE enum bm_err bm_message_visit(const struct bm_message *message, const uint8_t *params, size_t len,
					 bm_field_visit visit, void *ctx);

#endif
