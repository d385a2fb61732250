/*
 * What a script's clients ask: Gets and acknowledged Sets to a unicast address end in one callback, with the answer or
 * without one. What goes to many may be answered by many: for a while, statuses to our own address are answers.
 */
#include <string.h>

#include "blemesh/friend.h"
#include "script/board.h"
#include "script/mesh_model.h"

/* Those who answer a message to many wait up to 0.5 s (MshMDL 2.3), and the way is long. */
#define ANSWERS_US (700u * BM_US_PER_MS)

static struct bm_script_request *free_request(struct bm_mesh *mesh)
{
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++)
		if (!mesh->requests[i].m)
			return &mesh->requests[i];
	return NULL;
}

static bool is_answer(void *ctx)
{
	const struct bm_script_request *request = ctx;
	return request->heard || request->any;
}

static void done(void *ctx, enum bm_err result, bm_time now)
{
	struct bm_script_request *request = ctx;
	struct bm_script_model *m = request->m;
	(void)now;
	request->m = NULL;
	if (result == BM_ERR_CANCELLED)
		return;
	if (result != BM_OK)
		bm_script_model_queue(m, bm_value_none(), BM_MODEL_EVENT_TIMEOUT, 0, NULL);
	else if (!request->heard) /* an answer without our property */
		bm_script_model_queue(m, bm_value_none(), request->event, request->status_opcode, NULL);
}

/* A publish address is looked up here: who answers must be known. */
static void resolve(const struct bm_script_model *m, struct bm_tx *tx)
{
	const struct bm_publication *publication = &m->model->publication;
	if (tx->dst != BM_ADDR_UNASSIGNED || !bm_addr_is_unicast(publication->addr))
		return;
	tx->dst = publication->addr;
	tx->app_idx = publication->app_idx;
	tx->ttl = publication->ttl;
}

bool bm_script_ask(struct bm_script_model *m, struct bm_script_question *question, struct bm_fault *fault)
{
	struct bm_mesh *mesh = &m->board->mesh;
	question->request = NULL;
	question->tx.ask = NULL;
	resolve(m, &question->tx);
	if (!bm_addr_is_unicast(question->tx.dst))
		return true;
	struct bm_script_request *request = free_request(mesh);
	if (!request)
		return bm_fault_set(fault, BM_FAULT_RUNTIME, "too many requests wait for their answer: %u at most",
				    BM_MESH_REQUESTS_MAX);
	*request = (struct bm_script_request){.m = m,
					      .order = mesh->request_order++,
					      .event = question->event,
					      .status_opcode = question->status_opcode,
					      .dst = question->tx.dst,
					      .property_id = question->property_id,
					      .setting_id = question->setting_id,
					      .any = question->any};
	bm_request_init(&request->request);
	question->ask = (struct bm_ask){.request = &request->request,
					.status_opcode = question->status_opcode,
					.is_answer = is_answer,
					.done = done,
					.ctx = request};
	question->tx.ask = &question->ask;
	question->request = request;
	return true;
}

bool bm_script_asked(struct bm_script_model *m, const struct bm_script_question *question, enum bm_err err,
		     struct bm_fault *fault)
{
	if (err && question->request)
		question->request->m = NULL;
	if (!err && !question->request) {
		m->group_until = bm_time_add(bm_runtime_now(m->board->rt), BM_REQUEST_TIMEOUT_US);
		m->group_event = question->event;
		/* Without a friend nobody sleeps, and nobody polls. */
		const enum bm_err ignored = bm_node_poll_within(m->board->mesh.node, ANSWERS_US,
								bm_runtime_now(m->board->rt));
		(void)ignored;
	}
	return bm_script_sent(err, fault);
}

struct bm_script_request *bm_script_answered(struct bm_mesh *mesh, const struct bm_model *model, const struct bm_rx *rx,
					     uint16_t property_id, uint16_t setting_id)
{
	struct bm_script_request *found = NULL;
	for (size_t i = 0; i < BM_MESH_REQUESTS_MAX; i++) {
		struct bm_script_request *request = &mesh->requests[i];
		if (request->m && request->m->model == model && !request->heard && request->dst == rx->src &&
		    request->status_opcode == rx->opcode && request->property_id == property_id &&
		    request->setting_id == setting_id && (!found || request->order < found->order))
			found = request;
	}
	if (found)
		found->heard = true;
	return found;
}

int bm_script_status_event(const struct bm_script_model *m, const struct bm_script_request *request,
			   const struct bm_rx *rx)
{
	if (request)
		return request->event;
	/* An answer comes to our own address; what is sent to a group was not asked for. */
	return rx->now < m->group_until && bm_addr_is_unicast(rx->dst) ? m->group_event : BM_MODEL_EVENT_STATUS;
}

bool bm_script_sent(enum bm_err err, struct bm_fault *fault)
{
	return err == BM_OK || bm_fault_set(fault, BM_FAULT_RUNTIME, "the message was not sent: %s", bm_err_text(err));
}
