/*
 * The names of messages that the table of messages (pdu/messages.h) does not describe.
 */
#ifndef BM_CLI_DECODE_NAMES_H
#define BM_CLI_DECODE_NAMES_H

#include <stddef.h>
#include <stdint.h>

struct bm_message_name {
	uint32_t opcode;
	const char *name;
};

/* NULL: not known here either. */
const char *bm_message_name(uint32_t opcode);
/* All of them. */
const struct bm_message_name *bm_message_names(size_t *count);

#endif
