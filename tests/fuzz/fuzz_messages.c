/*
 * Any octets as an access message: opcode, description, text.
 */
#include <string.h>

#include "pdu/messages.h"

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
	return 0;
}
