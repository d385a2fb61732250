/*
 * Which of the binding's functions a board may call yet: everything that keeps one is asked, on the loop, where all of
 * them are kept and taken from.
 */
#include <string.h>

#include "script/board.h"
#include "script/provisioner.h"
#include "script/runtime_state.h"

struct question {
	struct bm_board *board;
	void *const *functions;
	size_t count;
	bool *used;
	bool answered;
};

static void mark(void *ctx, const void *function)
{
	const struct question *q = ctx;
	for (size_t i = 0; i < q->count && function; i++)
		q->used[i] |= q->functions[i] == function;
}

static void answer(void *ctx)
{
	struct question *q = ctx;
	const struct bm_mesh *mesh = &q->board->mesh;
	memset(q->used, 0, q->count * sizeof *q->used);
	mark(q, mesh->function);
	for (size_t i = 0; i < mesh->model_count; i++)
		mark(q, mesh->models[i].function);
	if (mesh->provisioner)
		bm_script_provisioner_functions(mesh->provisioner, mark, q);
	bm_callbacks_each(&q->board->callbacks, mark, q);
	q->answered = true;
}

void bm_board_functions_used(struct bm_board *board, void *const *functions, size_t count, bool *used)
{
	struct question q = {.board = board, .functions = functions, .count = count, .used = used};
	bm_runtime_call(board->rt, answer, &q);
	for (size_t i = 0; i < count && !q.answered; i++)
		used[i] = true;
}
