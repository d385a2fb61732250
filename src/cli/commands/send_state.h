/*
 * What `blemesh send` was asked for, for its two files.
 */
#ifndef BM_CLI_COMMANDS_SEND_STATE_H
#define BM_CLI_COMMANDS_SEND_STATE_H

#include "cli/commands/client.h"
#include "cli/words/speak.h"

struct send {
	struct bm_options options;
	struct bm_network *network;
	struct bm_client *client;
	char **words;
	size_t word_count;
	int app_idx; /* −1: not said */
	uint8_t ttl;
	uint32_t repeat;
	bool device_key, raw, list, has_answer, has_label;
	uint32_t answer; /* --answer */
	uint32_t raw_opcode;
	uint16_t dst;
	uint8_t label[BM_UUID_LEN];
	const struct bm_message *message; /* NULL: raw */
	struct bm_speech speech;
	bool config; /* under the device key, by the Configuration Client */
};

/* "0xC102E5", "0x8202", "0x04". */
bool send_opcode_parse(const char *text, uint32_t *opcode);
/* config, device_key and app_idx, from the message and from what is known of the node. False: it was told. */
bool send_choose_key(struct send *s);
/* Sends, waits, prints; the exit status. */
int send_and_tell(struct send *s);

#endif
