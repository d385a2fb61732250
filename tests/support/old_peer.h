/*
 * A peer of Mesh 1.0.1, which has no SAR states: its timing in terms of them.
 */
#ifndef BM_TESTS_OLD_PEER_H
#define BM_TESTS_OLD_PEER_H

#include "transport/transport.h"

/* Mesh 1.0.1: acknowledgments after 150 + 50 × TTL ms, segments again after 200 + 50 × TTL ms, twice at least, all at
 * once; messages given up after 10 s. With a TTL of 7 these are about the steps below. */
static const struct bm_sar_states old_peer = {
	.segment_interval_step = 0,
	.unicast_retransmissions = 4,
	.unicast_retransmissions_without_progress = 4,
	.unicast_retransmissions_interval_step = 15,
	.unicast_retransmissions_interval_increment = 0,
	.multicast_retransmissions = 1,
	.multicast_retransmissions_interval_step = 15,
	.segments_threshold = 31,
	.acknowledgment_delay_increment = 7,
	.discard_timeout = 1,
	.receiver_segment_interval_step = 5,
};

#endif
