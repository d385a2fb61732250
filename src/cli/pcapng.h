/*
 * Captures of the air: pcapng, microsecond timestamps, link type 251 (Bluetooth LE link layer) for advertising and 256
 * (the same with direction) for GATT links. Of a real radio: link type 201, HCI packets as the controller saw them.
 */
#ifndef BM_CLI_PCAPNG_H
#define BM_CLI_PCAPNG_H

#include <stdio.h>

#include "blemesh/base.h"
#include "sim/medium.h"

struct bm_pcapng {
	FILE *file;
	uint64_t epoch_us; /* what instant 0 is, in microseconds since 1970 */
	bool has_links;    /* the interface of connections is written */
	bool has_hci;      /* that of a controller is: in its captures there is nothing else */
	bool failed;       /* a write did not succeed */
};

/* Writes the headers. False if the file could not be made (errno says why). */
bool bm_pcapng_open(struct bm_pcapng *pcapng, const char *path, uint64_t epoch_us);
/* Advertising and GATT links are written, light is not. */
void bm_pcapng_frame(struct bm_pcapng *pcapng, const struct bm_frame *frame, bm_time now);
/* A packet between host and controller, H4's indicator in front. A capture holds these, or the air's frames. */
void bm_pcapng_hci(struct bm_pcapng *pcapng, bool from_controller, const uint8_t *packet, size_t len, bm_time now);
void bm_pcapng_flush(struct bm_pcapng *pcapng);
/* False if anything was not written. */
bool bm_pcapng_close(struct bm_pcapng *pcapng);

/* The link layer's CRC of an advertising PDU, as its three octets go over the air (Bluetooth Core Vol 6 Part B 3.1.1).
 */
void bm_le_crc24(const uint8_t *pdu, size_t len, uint8_t crc[3]);

#endif
