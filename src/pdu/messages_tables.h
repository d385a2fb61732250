/*
 * The tables behind bm_message_find, each in ascending order of opcodes.
 */
#ifndef BM_PDU_MESSAGES_TABLES_H
#define BM_PDU_MESSAGES_TABLES_H

#include "pdu/messages.h"

struct bm_message_table {
	const struct bm_message *messages;
	size_t count;
};

extern const struct bm_message_table bm_messages_foundation;
extern const struct bm_message_table bm_messages_foundation_1_1;
extern const struct bm_message_table bm_messages_models;

/* The last two members of a struct bm_message. */
#define FIELDS(list) list, BM_ARRAY_LEN(list)

#endif
