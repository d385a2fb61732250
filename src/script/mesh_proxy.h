/*
 * A board that talks to its network through a proxy alone: the script's call and what follows from it.
 */
#ifndef BM_SCRIPT_MESH_PROXY_H
#define BM_SCRIPT_MESH_PROXY_H

#include "blemesh/node.h"
#include "script/mesh_api.h"

struct bm_mesh_proxy_args {
	struct bm_value enable;
};
bm_api_function bm_mesh_proxy_client;

/* What happened to the node. */
void bm_mesh_proxy_event(struct bm_board *board, const struct bm_event *event);
/* Uses the bearers that are wanted now. */
void bm_mesh_proxy_apply(struct bm_board *board);

#endif
