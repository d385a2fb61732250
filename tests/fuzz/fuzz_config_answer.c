/*
 * Any octets as a status of the Configuration models: opcode first, then parameters. Lists end, and stay within.
 */
#include "blemesh/config_messages.h"
#include "pdu/messages.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_reader r = bm_reader_of(data, size);
	struct bm_config_answer answer;
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode) || bm_config_answer_read(opcode, r.at, bm_reader_left(&r), &answer))
		return 0;
	uint16_t value;
	size_t count = 0;
	switch (answer.opcode) {
	case BM_OP_CONFIG_NET_KEY_LIST:
	case BM_OP_CONFIG_APP_KEY_LIST:
		while (!bm_config_next_index(&answer.key.indexes, &value))
			count += value <= BM_KEY_INDEX_MAX ? 1 : size;
		break;
	case BM_OP_CONFIG_SIG_MODEL_APP_LIST:
	case BM_OP_CONFIG_VENDOR_MODEL_APP_LIST:
		while (!bm_config_next_index(&answer.model.indexes, &value))
			count += value <= BM_KEY_INDEX_MAX ? 1 : size;
		break;
	case BM_OP_CONFIG_SIG_MODEL_SUBSCRIPTION_LIST:
	case BM_OP_CONFIG_VENDOR_MODEL_SUBSCRIPTION_LIST:
		while (!bm_config_next_addr(&answer.model.addrs, &value))
			count++;
		break;
	default:
		break;
	}
	if (count > size)
		__builtin_trap();
	return 0;
}
