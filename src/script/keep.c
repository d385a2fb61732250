/*
 * A board's store: its node's records, and under a key of the host's its Bluetooth address.
 */
#include "script/keep.h"

#include <stdio.h>

static void warn(struct bm_board *board, const char *text)
{
	bm_board_say(board, &(struct bm_board_event){.kind = BM_BOARD_WARNING, .text = text});
}

enum bm_err bm_keep_put(void *ctx, const struct bm_store_key *key, const uint8_t *octets, size_t len)
{
	const struct bm_board *board = ctx;
	return bm_sqlite_store_put(board->options.store, key, octets, len);
}

static void refused(void *ctx, const struct bm_store_key *key, enum bm_err why)
{
	char text[160];
	/* Models come and go as scripts are changed. */
	if (why == BM_ERR_NOT_FOUND)
		return;
	snprintf(text, sizeof text, "what was kept of it is not what a node keeps (record %u/%u: %s)",
		 (unsigned)key->kind, key->index, bm_err_text(why));
	warn(ctx, text);
}

enum bm_err bm_keep_restore(struct bm_board *board, struct bm_node *node)
{
	if (!board->options.store)
		return BM_OK;
	return bm_sqlite_store_restore(board->options.store, node, refused, board);
}

static void restored(struct bm_board *board, const struct bm_event *event)
{
	char text[160];
	board->mesh.restored = event->addr != BM_ADDR_UNASSIGNED;
	board->mesh.restored_addr = event->addr;
	if (board->mesh.restored && event->result == BM_ERR_STORE) {
		warn(board, "its sequence numbers were lost: it sends nothing until the next IV index");
	} else if (event->result == BM_ERR_NO_SPACE) {
		warn(board, "its script has more elements now than when it was provisioned: it starts anew");
	} else if (!board->mesh.restored && event->result != BM_ERR_NOT_PROVISIONED) {
		snprintf(text, sizeof text, "what was kept of it makes no node (%s): it starts anew",
			 bm_err_text(event->result));
		warn(board, text);
	}
}

void bm_keep_event(struct bm_board *board, const struct bm_event *event)
{
	if (event->kind == BM_EVENT_RESTORED) {
		restored(board, event);
	} else if (!board->mesh.store_failed) {
		board->mesh.store_failed = true;
		warn(board, "its state cannot be kept: the store refuses it");
	}
}
