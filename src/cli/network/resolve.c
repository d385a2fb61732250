/*
 * What a person calls an address, and back.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/network/document.h"
#include "cli/network/network.h"
#include "cli/text.h"

static const struct {
	const char *name;
	uint16_t addr;
} FIXED[] = {
	{"all-nodes", BM_ADDR_ALL_NODES},
	{"all-proxies", BM_ADDR_ALL_PROXIES},
	{"all-friends", BM_ADDR_ALL_FRIENDS},
	{"all-relays", BM_ADDR_ALL_RELAYS},
};

/* "0x0002", "2". */
static bool parse_addr(const char *text, uint16_t *addr)
{
	char *end;
	const bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hex ? "0123456789abcdefABCDEF" : "0123456789";
	if (!text[hex ? 2 : 0] || strspn(text + (hex ? 2 : 0), digits) != strlen(text + (hex ? 2 : 0)) ||
	    strlen(text) > 8)
		return false;
	const unsigned long value = strtoul(text, &end, hex ? 16 : 10);
	*addr = (uint16_t)value;
	return value <= 0xffff;
}

static json_t *node_named(struct bm_network *network, const char *name)
{
	size_t i;
	json_t *node;
	json_array_foreach(bm_network_nodes(network), i, node)
	{
		const char *theirs = bm_document_name(node);
		if (theirs && strcmp(theirs, name) == 0)
			return node;
	}
	return NULL;
}

static bool group_named(struct bm_network *network, const char *name, uint16_t *addr)
{
	size_t i;
	json_t *group;
	json_array_foreach(bm_network_groups(network), i, group)
	{
		const char *theirs = json_string_value(json_object_get(group, "name"));
		if (theirs && strcmp(theirs, name) == 0 && bm_network_group_addr(group, addr, NULL, NULL))
			return true;
	}
	return false;
}

/* An address or a name, without an element. */
static bool resolve_whole(struct bm_network *network, const char *text, uint16_t *addr)
{
	const json_t *node = node_named(network, text);
	if (node) {
		*addr = bm_document_addr(node);
		return true;
	}
	for (size_t i = 0; i < BM_ARRAY_LEN(FIXED); i++)
		if (strcasecmp(text, FIXED[i].name) == 0) {
			*addr = FIXED[i].addr;
			return true;
		}
	return group_named(network, text, addr) || parse_addr(text, addr);
}

static bool fail(char *error, size_t error_len, const char *text, const char *why)
{
	snprintf(error, error_len, "%s: %s", text, why);
	return false;
}

bool bm_network_name_is_taken(struct bm_network *network, const char *name)
{
	uint16_t addr;
	return node_named(network, name) || group_named(network, name, &addr);
}

const char *bm_network_name_problem(struct bm_network *network, const char *name)
{
	uint8_t uuid[BM_UUID_LEN];
	uint16_t addr;
	const size_t len = strlen(name);
	if (len == 0 || len > 64)
		return "a name has 1 to 64 characters";
	if (!bm_text_is_plain(name) || strpbrk(name, "/ "))
		return "a name is UTF-8 without blanks, / and control characters";
	if (name[0] == '-')
		return "a name does not begin with -";
	if (bm_network_name_is_taken(network, name))
		return "another node or group has this name";
	if (resolve_whole(network, name, &addr) || bm_document_uuid_parse(name, uuid))
		return "this is an address, not a name";
	return NULL;
}

bool bm_network_resolve(struct bm_network *network, const char *text, uint16_t *addr, char *error, size_t error_len)
{
	static const char unknown[] = "no node or group has this name (blemesh nodes, blemesh groups)";
	if (resolve_whole(network, text, addr))
		return *addr != BM_ADDR_UNASSIGNED || fail(error, error_len, text, "0 is nobody's address");
	const char *slash = strrchr(text, '/');
	if (!slash || slash == text)
		return fail(error, error_len, text, unknown);
	char *whole = strndup(text, (size_t)(slash - text));
	uint16_t first = 0, index = 0;
	const bool known = whole && resolve_whole(network, whole, &first);
	free(whole);
	if (!known)
		return fail(error, error_len, text, unknown);
	if (!bm_addr_is_unicast(first))
		return fail(error, error_len, text, "a group has no elements");
	const json_t *node = bm_network_node(network, first);
	if (!parse_addr(slash + 1, &index) || first + (uint32_t)index > 0x7fff)
		return fail(error, error_len, text, "after / comes the number of an element, from 0 on");
	if (node && bm_document_addr(node) == first && index >= bm_document_elements(node)) {
		snprintf(error, error_len, "%s: the node has %u element%s, counted from 0", text,
			 bm_document_elements(node), bm_document_elements(node) == 1 ? "" : "s");
		return false;
	}
	*addr = (uint16_t)(first + index);
	return true;
}

json_t *bm_network_resolve_node(struct bm_network *network, const char *text, char *error, size_t error_len)
{
	uint16_t addr;
	uint8_t uuid[BM_UUID_LEN];
	json_t *node = bm_document_uuid_parse(text, uuid) ? bm_network_node_of(network, uuid) : NULL;
	if (node)
		return node;
	if (!bm_network_resolve(network, text, &addr, error, error_len))
		return NULL;
	node = bm_network_node(network, addr);
	if (!node)
		fail(error, error_len, text, "no node of this network (blemesh nodes lists them)");
	return node;
}

void bm_network_name_of(struct bm_network *network, uint16_t addr, char *out, size_t len)
{
	const json_t *node = bm_addr_is_unicast(addr) ? bm_network_node(network, addr) : NULL;
	const char *name = node ? bm_document_name(node) : NULL;
	for (size_t i = 0; i < BM_ARRAY_LEN(FIXED); i++)
		if (FIXED[i].addr == addr)
			name = FIXED[i].name;
	size_t i;
	json_t *group;
	json_array_foreach(bm_network_groups(network), i, group)
	{
		uint16_t theirs;
		if (!name && bm_network_group_addr(group, &theirs, NULL, NULL) && theirs == addr)
			name = json_string_value(json_object_get(group, "name"));
	}
	const unsigned element = node ? (unsigned)(addr - bm_document_addr(node)) : 0u;
	if (name && element)
		snprintf(out, len, "%s/%u", name, element);
	else if (name)
		snprintf(out, len, "%s", name);
	else
		snprintf(out, len, "0x%04x", addr);
}
