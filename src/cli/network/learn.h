/*
 * What a node said of its configuration goes into its document, so that the documents are as the nodes are.
 */
#ifndef BM_CLI_NETWORK_LEARN_H
#define BM_CLI_NETWORK_LEARN_H

#include "cli/network/network.h"

/* A Configuration message to the node at dst and the status that answered it, both opcode and parameters. A status that
 * says no changes nothing; a document that cannot be kept is told on stderr. */
void bm_network_learn(struct bm_network *network, uint16_t dst, const uint8_t *request, size_t request_len,
		      const uint8_t *answer, size_t answer_len);

#endif
