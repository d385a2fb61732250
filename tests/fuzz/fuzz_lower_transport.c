/* Lower Transport PDUs: the first octet says whether it came as control; what decodes encodes to what it meant. */
#include <stdlib.h>
#include <string.h>

#include "pdu/lower_transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	if (len < 1)
		return 0;
	const bool ctl = octets[0] & 1;
	struct bm_lower_pdu pdu, back;
	if (bm_lower_decode(ctl, octets + 1, len - 1, &pdu))
		return 0;
	uint8_t out[BM_LOWER_PDU_MAX];
	size_t out_len;
	if (bm_lower_encode(&pdu, out, sizeof out, &out_len) || out_len != len - 1)
		abort();
	if (bm_lower_decode(ctl, out, out_len, &back) || back.len != pdu.len || back.seg_o != pdu.seg_o ||
	    back.seq_zero != pdu.seq_zero || memcmp(back.payload, pdu.payload, pdu.len) != 0)
		abort();
	return 0;
}
