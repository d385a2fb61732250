/*
 * A board that talks to its network through a proxy alone.
 *
 *   asked for ─(provisioned, the link closed)▶ no advertising bearer, looks for a proxy ⇄ connected
 */
#include "script/mesh_proxy.h"

#include "blemesh/proxy.h"
#include "script/board.h"

void bm_mesh_proxy_apply(struct bm_board *board)
{
	struct bm_mesh *mesh = &board->mesh;
	const bm_time now = bm_runtime_now(board->rt);
	const bool on = mesh->proxy_client && bm_node_is_provisioned(mesh->node);
	bm_node_set_adv_bearer(mesh->node, !on, now);
	if (!on)
		bm_node_proxy_client_stop(mesh->node, now);
	/* The node has links and the key: it cannot be refused. */
	else if (bm_node_proxy_client_start(mesh->node, mesh->net_idx, BM_ADDR_UNASSIGNED, now) != BM_OK)
		bm_node_set_adv_bearer(mesh->node, true, now);
}

void bm_mesh_proxy_event(struct bm_board *board, const struct bm_event *event)
{
	struct bm_mesh *mesh = &board->mesh;
	if (event->kind == BM_EVENT_PROVISIONED || event->kind == BM_EVENT_RESTORED)
		mesh->net_idx = event->net_idx;
	/* Provisioning over advertising needs that bearer to its end. */
	if (mesh->proxy_client && (event->kind == BM_EVENT_LINK_CLOSE || event->kind == BM_EVENT_RESET))
		bm_mesh_proxy_apply(board);
}

void bm_mesh_proxy_client(struct bm_board *board, void *ctx, struct bm_fault *fault)
{
	const struct bm_mesh_proxy_args *args = ctx;
	struct bm_mesh *mesh = &board->mesh;
	bool on = true;
	if (!bm_take_bool(&args->enable, "enable", &on, fault))
		return;
	if (!mesh->node) {
		bm_fault_set(fault, BM_FAULT_RUNTIME, "BLE_Mesh is not initialised: call init first");
		return;
	}
	mesh->proxy_client = on;
	bm_mesh_proxy_apply(board);
}
