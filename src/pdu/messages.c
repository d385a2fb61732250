/*
 * Opcodes on the wire, and the way from an opcode to its description.
 */
#include "pdu/messages.h"

#include "pdu/messages_tables.h"

enum bm_err bm_opcode_read(struct bm_reader *r, uint32_t *opcode)
{
	const uint8_t first = bm_read_u8(r);
	*opcode = first;
	if (first == 0x7f)
		return BM_ERR_PROHIBITED;
	if ((first & 0xc0) == 0x80)
		*opcode = (uint32_t)first << 8 | bm_read_u8(r);
	else if ((first & 0xc0) == 0xc0)
		*opcode = (uint32_t)first << 16 | bm_read_le16(r); /* the company identifier is little-endian */
	return r->failed ? BM_ERR_TOO_SHORT : BM_OK;
}

static const struct bm_message *find_in(const struct bm_message_table *table, uint32_t opcode)
{
	size_t low = 0;
	size_t high = table->count;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (table->messages[middle].opcode == opcode)
			return &table->messages[middle];
		if (table->messages[middle].opcode < opcode)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static const struct bm_message_table *const TABLES[] = {&bm_messages_foundation, &bm_messages_foundation_1_1,
							&bm_messages_models};

const struct bm_message *bm_message_find(uint32_t opcode)
{
	const struct bm_message *message = NULL;
	for (size_t i = 0; i < BM_ARRAY_LEN(TABLES) && !message; i++)
		message = find_in(TABLES[i], opcode);
	return message;
}

size_t bm_message_count(void)
{
	size_t count = 0;
	for (size_t i = 0; i < BM_ARRAY_LEN(TABLES); i++)
		count += TABLES[i]->count;
	return count;
}

const struct bm_message *bm_message_at(size_t index)
{
	for (size_t i = 0; i < BM_ARRAY_LEN(TABLES); i++) {
		if (index < TABLES[i]->count)
			return &TABLES[i]->messages[index];
		index -= TABLES[i]->count;
	}
	return NULL;
}
