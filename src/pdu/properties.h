/*
 * Device properties (Mesh Device Properties; GATT Specification Supplement): each identifier's characteristic, its
 * fields with their scale and unit, and the way between its octets and numbers in units.
 */
#ifndef BM_PDU_PROPERTIES_H
#define BM_PDU_PROPERTIES_H

#include "blemesh/base.h"
#include "blemesh/err.h"

#define BM_PROPERTY_FIELDS_MAX 5u
#define BM_PROPERTY_OCTETS_MAX 64u

enum bm_property_kind {
	BM_PROPERTY_UINT,             /* little-endian */
	BM_PROPERTY_INT,              /* two's complement, little-endian */
	BM_PROPERTY_FLOAT,            /* IEEE 754 single precision, little-endian */
	BM_PROPERTY_TIME_EXPONENTIAL, /* an octet n: 1.1 to the power n − 64 seconds; 0 is 0 s */
};

/* What a field may say instead of a number. */
enum bm_property_state {
	BM_PROPERTY_NUMBER,
	BM_PROPERTY_NOT_KNOWN,
	BM_PROPERTY_NOT_VALID,
	BM_PROPERTY_OR_HIGHER, /* beyond what the field can hold: the number is the field's bound */
	BM_PROPERTY_LIFETIME,  /* the total life of the device, of a sensing duration */
	BM_PROPERTY_STATES
};

struct bm_property_special {
	enum bm_property_state state; /* BM_PROPERTY_NUMBER: no entry */
	int64_t raw;
};

/* How a field's octets become a number: raw · multiplier / divisor. */
struct bm_property_format {
	enum bm_property_kind kind;
	uint8_t octets;
	uint32_t multiplier;
	uint32_t divisor;
	const char *unit; /* NULL: none */
	int64_t raw_min;  /* the range of numbers; the other raw values are special or prohibited */
	int64_t raw_max;
	struct bm_property_special special[2];
};

struct bm_property_field {
	const char *name;
	const struct bm_property_format *format;
};

struct bm_characteristic {
	const char *name;
	uint8_t octets;
	uint8_t field_count; /* 0: text of octets, filled up with zeros */
	const struct bm_property_field *fields;
};

struct bm_property {
	uint16_t id;
	const char *name;
	const struct bm_characteristic *characteristic;
};

/* In ascending order of identifiers. */
extern const struct bm_property bm_properties[];
extern const size_t bm_property_count;

/* NULL if the identifier is not assigned. */
const struct bm_property *bm_property_find(uint16_t id);

struct bm_property_value {
	enum bm_property_state state;
	double number; /* in the field's unit, the double nearest to its decimal; 0 if there is none */
};

/* The least and greatest number of a field and the step between two (0 if it is not even), in its unit. */
void bm_property_range(const struct bm_property_format *format, double *min, double *max, double *step);

/*
 * A value for each field of the characteristic, at most BM_PROPERTY_FIELDS_MAX. BM_ERR_TOO_SHORT, BM_ERR_TOO_LONG,
 * BM_ERR_PROHIBITED (a raw value that is neither in the range nor special), BM_ERR_NOT_SUPPORTED (text).
 */
BM_MUST_USE enum bm_err bm_property_decode(const struct bm_property *property, const uint8_t *raw, size_t len,
					   struct bm_property_value *values);
/*
 * The nearest raw value of each field; count is the characteristic's number of fields. BM_ERR_INVALID (a number beyond
 * the range, a state that the field cannot say, another count), BM_ERR_NO_SPACE, BM_ERR_NOT_SUPPORTED (text).
 */
BM_MUST_USE enum bm_err bm_property_encode(const struct bm_property *property, const struct bm_property_value *values,
					   size_t count, uint8_t *raw, size_t capacity);

/* What a raw value measures, for comparisons: its first field in its unit; of a property that is not assigned, or
 * that has another length than its characteristic, an unsigned little-endian number of up to eight octets. False if it
 * says no number. */
bool bm_property_measure(uint16_t id, const uint8_t *raw, size_t len, double *number);

/* Text, without the zeros that fill it up; the length is that of the text. BM_ERR_NOT_SUPPORTED if it is none. */
BM_MUST_USE enum bm_err bm_property_decode_text(const struct bm_property *property, const uint8_t *raw, size_t len,
						size_t *text_len);
/* BM_ERR_TOO_LONG if the text has more octets than the characteristic. */
BM_MUST_USE enum bm_err bm_property_encode_text(const struct bm_property *property, const char *text, size_t len,
						uint8_t *raw, size_t capacity);

#endif
