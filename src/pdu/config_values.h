/*
 * Steps of Configuration messages and what they mean: publish period, and how often something is repeated.
 */
#ifndef BM_PDU_CONFIG_VALUES_H
#define BM_PDU_CONFIG_VALUES_H

#include "blemesh/base.h"

#define BM_TRANSMIT_STEP_MS 10u   /* Network Transmit, Relay Retransmit (MshPRT 4.2.20, 4.2.21) */
#define BM_RETRANSMIT_STEP_MS 50u /* Publish Retransmit (MshPRT 4.2.2.7) */

/* Publish Period (MshPRT 4.2.2.5): number of steps in bits 0 to 5, resolution in bits 6 and 7. */
uint32_t bm_publish_period_decode_ms(uint8_t octet);
/* In the finest resolution that can say it. False: none can say it exactly. */
bool bm_publish_period_encode(uint32_t ms, uint8_t *octet);

/* Count in bits 0 to 2, steps less one in bits 3 to 7. */
void bm_repetition_decode(uint8_t octet, uint16_t step_ms, uint8_t *count, uint16_t *interval_ms);
/* False: the count is above 7, or the interval no whole number of 1 to 32 steps. */
bool bm_repetition_encode(uint8_t count, uint16_t interval_ms, uint16_t step_ms, uint8_t *octet);

#endif
