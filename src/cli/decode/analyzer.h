/*
 * An analyzer of mesh traffic: shown packets one after another, it tells what every layer of each says, and remembers
 * what later packets need: segments of messages, provisioning links, GATT connections, friendships, IV indexes, and
 * keys that messages hand out. Sans-IO and bounded, whatever it is shown.
 */
#ifndef BM_CLI_DECODE_ANALYZER_H
#define BM_CLI_DECODE_ANALYZER_H

#include "cli/decode/keyring.h"
#include "cli/decode/report.h"

/* What octets may be taken for. */
#define BM_DECODE_LIST(X)                                                                      \
	X(HCI, "hci", "an HCI packet with H4's indicator in front")                            \
	X(LL, "ll", "a link layer packet from its access address on, without the CRC")         \
	X(ADV, "adv", "an advertising PDU: header, address, AD structures")                    \
	X(AD, "ad", "AD structures: length, type, data, one behind another")                   \
	X(NETWORK, "network", "a Network PDU")                                                 \
	X(BEACON, "beacon", "a mesh beacon")                                                   \
	X(PB_ADV, "pb-adv", "a PB-ADV PDU, from its Link ID on")                               \
	X(PROXY, "proxy", "what a GATT mesh service carries: a segmentation octet, a message") \
	X(PROVISIONING, "provisioning", "a provisioning PDU")                                  \
	X(ACCESS, "access", "an access message in clear: opcode, parameters")

enum bm_decode_layer {
	BM_DECODE_AUTO,
#define X(name, word, text) BM_DECODE_##name,
	BM_DECODE_LIST(X)
#undef X
};

/* Link types of captures. */
#define BM_LINK_TYPE_HCI_H4 187u
#define BM_LINK_TYPE_HCI_H4_PHDR 201u
#define BM_LINK_TYPE_LE_LL 251u
#define BM_LINK_TYPE_LE_LL_PHDR 256u
#define BM_LINK_TYPE_MONITOR 254u     /* of the Linux kernel */
#define BM_LINK_TYPE_NRF_SNIFFER 272u /* nRF Sniffer for Bluetooth LE */

struct bm_analyzer;

/* NULL without memory. */
struct bm_analyzer *bm_analyzer_new(void);
void bm_analyzer_free(struct bm_analyzer *analyzer);
/* To add keys to. */
struct bm_keyring *bm_analyzer_keys(struct bm_analyzer *analyzer);
/* The private key of one side of provisionings, 32 octets: opens their Provisioning Data. */
void bm_analyzer_private_key(struct bm_analyzer *analyzer, const uint8_t key[32]);

/* Tells about a packet; the report is begun anew. With BM_DECODE_AUTO the octets are taken for what fits them best;
 * false, with an empty report: nothing does. */
bool bm_analyze(struct bm_analyzer *analyzer, enum bm_decode_layer layer, const uint8_t *octets, size_t len,
		struct bm_report *report);
/* A packet of a capture. False: this link type is not known. */
bool bm_analyze_captured(struct bm_analyzer *analyzer, uint32_t link_type, const uint8_t *octets, size_t len,
			 struct bm_report *report);
/* One AD structure heard: type and payload. */
void bm_analyze_heard(struct bm_analyzer *analyzer, uint8_t ad_type, const uint8_t *payload, size_t len,
		      struct bm_report *report);

/* NULL: no such word. */
const char *bm_decode_layer_name(enum bm_decode_layer layer);
bool bm_decode_layer_parse(const char *word, enum bm_decode_layer *layer);

#endif
