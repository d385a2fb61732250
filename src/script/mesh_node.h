/*
 * How a board's node is made of the elements and models that its script created: for init and for provisioner.
 */
#ifndef BM_SCRIPT_MESH_NODE_H
#define BM_SCRIPT_MESH_NODE_H

#include "blemesh/node.h"

struct bm_board;

/* auth: BM_MESH_OOB_… ORed. */
struct bm_node_config bm_mesh_node_config(const struct bm_board *board, int64_t auth);
/* Makes and starts it. If that fails, or what follows does: bm_mesh_drop_node. */
enum bm_err bm_mesh_make_node(struct bm_board *board, const struct bm_node_config *config, bool kept,
			      struct bm_node **node);

/* Wipes and frees what a node that came to nothing had, its keys among it. */
void bm_mesh_drop_node(struct bm_board *board);

#endif
