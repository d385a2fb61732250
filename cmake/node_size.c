/*
 * The sizes of what a node carves, as text in the object file: so they are the target's, and nothing needs to run
 * there. cmake/NodeSize.cmake reads "BM_CARVED:00123:net.subnets.table".
 */
#include "access/publish.h"
#include "access/reply.h"
#include "models/foundation/config_client_state.h"
#include "node/carved.h"
#include "node/node_state.h"
#include "node/store.h"
#include "pdu/lower_transport.h"
#include "pdu/records.h"
#include "proxy/proxy_state.h"

#define DIGIT(number, unit) (char)('0' + (number) / (unit) % 10)

struct carved {
	char mark[10], digits[7], colon, member[64];
};

#define ENTRY(octets, name)                                                                         \
	{"BM_CARVED:",                                                                              \
	 {DIGIT(octets, 1000000), DIGIT(octets, 100000), DIGIT(octets, 10000), DIGIT(octets, 1000), \
	  DIGIT(octets, 100), DIGIT(octets, 10), DIGIT(octets, 1)},                                 \
	 ':',                                                                                       \
	 name},
#define ROW(count, member) ENTRY(sizeof *((struct bm_node *)0)->member, #member)
#define NUMBER(name, value) ENTRY((size_t)(value), #name)

__attribute__((used)) static const struct carved carved[] = {BM_CARVED(ROW) BM_CARVED_NUMBERS(NUMBER)
								     ENTRY(sizeof(struct bm_node), "node")};
