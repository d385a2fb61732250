/*
 * Health Current Status and Health Fault Status (MshPRT 4.3.3.1, 4.3.3.2): one layout, written and read.
 */
#include "blemesh/health.h"

void bm_health_put_fault_status(struct bm_writer *w, uint32_t opcode, const struct bm_health_fault_status *status)
{
	bm_put_opcode(w, opcode);
	bm_put_u8(w, status->test_id);
	bm_put_le16(w, status->company);
	bm_put_octets(w, status->faults, status->fault_count);
}

enum bm_err bm_health_read_fault_status(struct bm_reader *params, struct bm_health_fault_status *status)
{
	status->test_id = bm_read_u8(params);
	status->company = bm_read_le16(params);
	status->fault_count = bm_reader_left(params);
	status->faults = bm_read_octets(params, status->fault_count);
	return bm_reader_finish(params);
}
