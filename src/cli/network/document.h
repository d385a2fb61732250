/*
 * Reading and making the parts of a network's documents, which have the shape of the Mesh Configuration Database:
 * addresses and identifiers are hexadecimal strings without "0x" there.
 */
#ifndef BM_CLI_NETWORK_DOCUMENT_H
#define BM_CLI_NETWORK_DOCUMENT_H

#include <jansson.h>
#include <time.h>

#include "blemesh/model.h"

/* "0002". False if text is something else; upper and lower case are the same. */
bool bm_document_hex16(const char *text, uint16_t *value);
/* A new reference. */
json_t *bm_document_of_hex16(uint16_t value);
/* "70cf7c97-32a3-45b6-9149-4810d2e9cbf4", or without dashes. */
bool bm_document_uuid_parse(const char *text, uint8_t uuid[16]);
#define BM_DOCUMENT_UUID_LEN 37u
void bm_document_uuid_text(const uint8_t uuid[16], char out[BM_DOCUMENT_UUID_LEN]);
/* A virtual address: its Label UUID, without dashes. */
json_t *bm_document_of_label(const uint8_t label[16]);
/* Both name the same group: four hexadecimal digits, or a Label UUID, in any case and with dashes or without. */
bool bm_document_same_address(const char *one, const char *other);
/* "1000", or with a company "0059000A" (company first). */
bool bm_document_model_parse(const char *text, struct bm_model_id *id);
json_t *bm_document_of_model(const struct bm_model_id *id);

/* Of a node. */
uint16_t bm_document_addr(const json_t *node);     /* unicastAddress; 0: none */
unsigned bm_document_elements(const json_t *node); /* how many; at least 1 */
bool bm_document_uuid(const json_t *node, uint8_t uuid[16]);
const char *bm_document_name(const json_t *node); /* NULL: it has none */
/* The first subnet that it is in; the primary one if that is not known, or for NULL. */
uint16_t bm_document_net_idx(const json_t *node);
/* The element's model, borrowed; NULL. */
json_t *bm_document_model(const json_t *node, unsigned element, const struct bm_model_id *id);
unsigned bm_document_model_count(const json_t *node);
/* A node just provisioned: nothing but this is known of it. A new reference. */
json_t *bm_document_new_node(const uint8_t uuid[16], uint16_t addr, unsigned elements);
/* Composition Data Page 0, without its number: identifiers, features, elements and models, the models keeping what was
 * known of them. False: it cannot be read, and the node is as before. */
bool bm_document_take_composition(json_t *node, const uint8_t *page0, size_t len);
/* The node has the key; the model is bound to it. What is there already stays once. */
void bm_document_add_index(json_t *node, const char *list, uint16_t index);
/* From a list of indexes (name NULL) or of objects with an index of that name. */
void bm_document_drop(json_t *list, uint16_t index, const char *name);
bool bm_document_has_index(const json_t *node, const char *list, uint16_t index);
void bm_document_bind(json_t *node, unsigned element, const struct bm_model_id *id, uint16_t app_idx);

/* "2026-11-22T22:16:31Z", now. */
json_t *bm_document_of_now(void);
bool bm_document_time(const char *timestamp, time_t *at);
/* node's "blemesh" object, made if it is missing; borrowed. */
json_t *bm_document_own(json_t *node);

#endif
