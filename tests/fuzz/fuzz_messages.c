/*
 * Any octets as an access message: opcode, description, text; and what was understood, encoded again.
 */
#include <string.h>

#include "pdu/messages.h"

struct understood {
	size_t count, given;
	struct bm_field_value values[16];
};

static void take(void *ctx, const struct bm_field *field, const struct bm_field_value *value)
{
	struct understood *understood = ctx;
	(void)field;
	understood->values[understood->count++] = *value;
}

static bool give(void *ctx, const struct bm_field *field, struct bm_field_value *value)
{
	struct understood *understood = ctx;
	if (understood->given == understood->count)
		return false;
	*value = understood->values[understood->given++];
	/* The one value that a decoder shows and an encoder refuses. */
	if (field->kind == BM_FIELD_BOOL)
		value->number &= 1;
	return true;
}

/* Says again what was understood: as long as what was heard. */
static void say_again(const struct bm_message *message, const struct bm_reader *params, const uint8_t *start)
{
	struct understood understood = {0};
	uint8_t again[BM_ACCESS_MAX + 3];
	struct bm_writer w = bm_writer_of(again, sizeof again);
	if (bm_message_decode(message, params->at, bm_reader_left(params), take, &understood))
		return;
	if (bm_message_encode(message, &w, give, &understood) || bm_writer_len(&w) != (size_t)(params->end - start))
		__builtin_trap();
}

static void visit(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	size_t *sum = ctx;
	*sum += strlen(field->name) + strlen(text) + is_number;
	/* Text goes into JSON as it is. */
	if (text[strcspn(text, "\"\\\n")] != '\0')
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode))
		return 0;
	const struct bm_message *message = bm_message_find(opcode);
	size_t sum = 0;
	if (message && bm_message_visit(message, r.at, bm_reader_left(&r), visit, &sum) == BM_OK &&
	    bm_reader_left(&r) > BM_ACCESS_MAX)
		__builtin_trap();
	if (message)
		say_again(message, &r, data);
	return 0;
}
