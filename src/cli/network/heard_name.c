/*
 * Names off the air may be anything: they are brought into the form of names that are typed.
 */
#include "cli/network/heard_name.h"

#include <stdio.h>
#include <string.h>

#include "cli/network/document.h"
#include "cli/text.h"

/* Core Specification Supplement, Part A, 1.2. */
#define AD_SHORT_NAME 0x08u
#define AD_NAME 0x09u

bool bm_heard_name(const uint8_t *data, size_t len, char out[BM_HEARD_NAME_LEN])
{
	for (size_t at = 0; at + 1 < len && data[at] > 0 && at + data[at] < len; at += data[at] + 1u) {
		const size_t name_len = data[at] - 1u;
		if ((data[at + 1] != AD_NAME && data[at + 1] != AD_SHORT_NAME) || name_len >= BM_HEARD_NAME_LEN)
			continue;
		memcpy(out, data + at + 2, name_len);
		out[name_len] = 0;
		return out[0];
	}
	return false;
}

static void put_text(const char *heard, char out[BM_HEARD_NAME_LEN])
{
	size_t used = 0;
	for (size_t len; *heard; heard += len) {
		char character[5] = "";
		len = bm_text_character(heard);
		memcpy(character, heard, len);
		if (len == 1 && strchr(" /", *heard))
			character[0] = '-';
		/* A name does not begin with -, which is of options. */
		const bool fits = len && bm_text_is_plain(character) && !(used == 0 && character[0] == '-');
		len = len ? len : 1;
		if (fits && used + len < BM_HEARD_NAME_LEN) {
			memcpy(out + used, character, len);
			used += len;
		}
	}
	while (used && out[used - 1] == '-')
		used--;
	out[used] = 0;
}

/* The device was a node already, and leaves its name to itself. */
static bool is_former(struct bm_network *network, const char *name, const char *uuid_begin)
{
	char error[300], text[2 * BM_UUID_LEN + 1];
	uint8_t uuid[BM_UUID_LEN];
	const json_t *node = bm_network_resolve_node(network, name, error, sizeof error);
	const char *theirs = node ? bm_document_name(node) : NULL;
	if (!theirs || strcmp(theirs, name) != 0 || !bm_document_uuid(node, uuid))
		return false;
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		snprintf(text + 2 * i, 3, "%02x", uuid[i]);
	return strncmp(text, uuid_begin, strlen(uuid_begin)) == 0;
}

const char *bm_network_device_name_problem(struct bm_network *network, const char *name, const char *uuid_begin)
{
	const char *problem = bm_network_name_problem(network, name);
	return problem && uuid_begin[0] && is_former(network, name, uuid_begin) ? NULL : problem;
}

void bm_network_name_heard(struct bm_network *network, const char *heard, const uint8_t uuid[16],
			   char out[BM_NODE_NAME_LEN])
{
	char text[BM_HEARD_NAME_LEN], hex[2 * BM_UUID_LEN + 1];
	put_text(heard, text);
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		snprintf(hex + 2 * i, 3, "%02x", uuid[i]);
	snprintf(out, BM_NODE_NAME_LEN, "%s", text);
	unsigned number = 2;
	while (bm_network_name_is_taken(network, out) && bm_network_device_name_problem(network, out, hex))
		snprintf(out, BM_NODE_NAME_LEN, "%s-%u", text, number++);
	if (bm_network_device_name_problem(network, out, hex))
		out[0] = 0;
}
