/*
 * Steps of Configuration messages and what they mean.
 */
#include "pdu/config_values.h"

#define PERIOD_STEPS_MAX 0x3fu

static const uint32_t PERIOD_STEP_MS[] = {100, 1000, 10000, 600000};

uint32_t bm_publish_period_decode_ms(uint8_t octet)
{
	return (octet & PERIOD_STEPS_MAX) * PERIOD_STEP_MS[octet >> 6];
}

bool bm_publish_period_encode(uint32_t ms, uint8_t *octet)
{
	for (unsigned resolution = 0; resolution < BM_ARRAY_LEN(PERIOD_STEP_MS); resolution++) {
		const uint32_t step = PERIOD_STEP_MS[resolution];
		if (ms % step != 0 || ms / step > PERIOD_STEPS_MAX)
			continue;
		*octet = (uint8_t)(ms / step | resolution << 6);
		return true;
	}
	return false;
}

void bm_repetition_decode(uint8_t octet, uint16_t step_ms, uint8_t *count, uint16_t *interval_ms)
{
	*count = octet & 7u;
	*interval_ms = (uint16_t)(((octet >> 3) + 1u) * step_ms);
}

bool bm_repetition_encode(uint8_t count, uint16_t interval_ms, uint16_t step_ms, uint8_t *octet)
{
	const unsigned steps = interval_ms / step_ms;
	if (count > 7 || interval_ms % step_ms != 0 || steps < 1 || steps > 32)
		return false;
	*octet = (uint8_t)(count | (steps - 1) << 3);
	return true;
}
