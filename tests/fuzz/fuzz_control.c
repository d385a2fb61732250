/* Control messages: the first octet is the opcode; what decodes encodes to a message that decodes to the same. */
#include <stdlib.h>
#include <string.h>

#include "pdu/control.h"

#define TRY(type, name)                                                                                                \
	do {                                                                                                           \
		struct type first, second;                                                                             \
		memset(&first, 0, sizeof first);                                                                       \
		memset(&second, 0, sizeof second);                                                                     \
		if (name##_decode(params, len, &first))                                                                \
			break;                                                                                         \
		name##_put(&w, &first);                                                                                \
		if (w.failed || bm_writer_len(&w) != len || name##_decode(out, bm_writer_len(&w), &second) != BM_OK || \
		    memcmp(&first, &second, sizeof first) != 0)                                                        \
			abort();                                                                                       \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t octets_len);

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t octets_len)
{
	if (octets_len < 1)
		return 0;
	const uint8_t *params = octets + 1;
	const size_t len = octets_len - 1;
	uint8_t out[32];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	switch (octets[0]) {
	case BM_CTL_SEGMENT_ACK:
		TRY(bm_segment_ack, bm_segment_ack);
		break;
	case BM_CTL_FRIEND_POLL:
		TRY(bm_friend_poll, bm_friend_poll);
		break;
	case BM_CTL_FRIEND_UPDATE:
		TRY(bm_friend_update, bm_friend_update);
		break;
	case BM_CTL_FRIEND_REQUEST:
		TRY(bm_friend_request, bm_friend_request);
		break;
	case BM_CTL_FRIEND_OFFER:
		TRY(bm_friend_offer, bm_friend_offer);
		break;
	case BM_CTL_FRIEND_CLEAR:
	case BM_CTL_FRIEND_CLEAR_CONFIRM:
		TRY(bm_friend_clear, bm_friend_clear);
		break;
	case BM_CTL_FRIEND_LIST_ADD:
	case BM_CTL_FRIEND_LIST_REMOVE:
		TRY(bm_friend_list, bm_friend_list);
		break;
	case BM_CTL_FRIEND_LIST_CONFIRM:
		TRY(bm_friend_list_confirm, bm_friend_list_confirm);
		break;
	case BM_CTL_HEARTBEAT:
		TRY(bm_heartbeat, bm_heartbeat);
		break;
	default:
		break;
	}
	return 0;
}
