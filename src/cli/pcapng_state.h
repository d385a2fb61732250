/*
 * What the files of the capture writer share.
 */
#ifndef BM_CLI_PCAPNG_STATE_H
#define BM_CLI_PCAPNG_STATE_H

#include "cli/pcapng.h"

#define BM_PCAPNG_ADVERTISING 0x8e89bed6u /* the access address of advertising */

enum bm_pcapng_direction { BM_PCAPNG_TO_ALL, BM_PCAPNG_TO_SERVER, BM_PCAPNG_TO_CLIENT };

/* pcapng.c: a link layer PDU, with its direction. */
void bm_pcapng_link_pdu(struct bm_pcapng *pcapng, uint32_t access_address, enum bm_pcapng_direction direction,
			const uint8_t *pdu, size_t len, bm_time now);
/* pcapng_gatt.c: what a frame of a GATT link would be on a radio. */
void bm_pcapng_gatt(struct bm_pcapng *pcapng, const struct bm_frame *frame, bm_time now);

#endif
