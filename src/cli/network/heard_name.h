/*
 * What devices call themselves on the air, and what a node is called for that.
 */
#ifndef BM_CLI_NETWORK_HEARD_NAME_H
#define BM_CLI_NETWORK_HEARD_NAME_H

#include "cli/network/network.h"

/* A name in a scan response has room for 29 octets. */
#define BM_HEARD_NAME_LEN 32u
/* Of a node, with the number that tells it from others, and its end. */
#define BM_NODE_NAME_LEN 65u

/* The Complete or Shortened Local Name of AD structures, as it was sent; false: there is none. */
bool bm_heard_name(const uint8_t *data, size_t len, char out[BM_HEARD_NAME_LEN]);

/* A name for the node that the device with this UUID becomes: blanks and / are -, what is no text is left out, and a
 * number tells it from others' names. Empty: nothing can be made of it. */
void bm_network_name_heard(struct bm_network *network, const char *heard, const uint8_t uuid[16],
			   char out[BM_NODE_NAME_LEN]);
/* Why this cannot be the name of the device with a UUID that begins so (in hexadecimal, small letters), as a line;
 * NULL: it can. The name that it had as a node may be its name again. */
const char *bm_network_device_name_problem(struct bm_network *network, const char *name, const char *uuid_begin);

#endif
