/*
 * The keys of a run in the form of Wireshark's tables, so that a capture can be decrypted. Keys that a node forgot stay
 * in the file: the capture still holds what they encrypted.
 */
#ifndef BM_CLI_KEYS_H
#define BM_CLI_KEYS_H

#include <stdio.h>

#include "blemesh/node.h"

struct bm_keys;

/* Makes the file, readable by its owner alone. NULL: it could not be made (errno says why). */
struct bm_keys *bm_keys_open(const char *path);
/* Takes a key, and the IV index it is used under. */
void bm_keys_add(struct bm_keys *keys, const struct bm_key_view *key, uint32_t iv_index);
/* Writes the file anew if keys were added. False if that failed. */
bool bm_keys_write(struct bm_keys *keys);
/* Writes, wipes, frees. */
bool bm_keys_close(struct bm_keys *keys);

/* A row each. app_key: 16 octets, zeros for none. */
void bm_keys_put_network(FILE *file, const uint8_t *net_key, const uint8_t *app_key, uint32_t iv_index);
void bm_keys_put_device(FILE *file, const uint8_t *dev_key, uint16_t addr);
void bm_keys_put_label(FILE *file, const uint8_t *label);

#endif
