/*
 * The provisioner inside `blemesh run`: the phone that brings boards into the network, and its user, who looks at the
 * boards' LEDs. It has a node and a station of its own and treats boards like any other device on the air; of the
 * boards of this run it knows the order, and what they print.
 */
#ifndef BM_CLI_PLAYER_H
#define BM_CLI_PLAYER_H

#include "cli/steps.h"
#include "script/runtime.h"

struct bm_player;

struct bm_player_ops {
	void *ctx;
	void (*step)(void *ctx, const struct bm_step *step);
	/* Keys came into being or were given to a device. */
	void (*keys_changed)(void *ctx);
	/* All boards of this run are provisioned and configured; told once. */
	void (*ready)(void *ctx, bm_time now);
	/* Traces of the provisioner's own node; NULL: none. */
	void (*trace)(void *ctx, const struct bm_trace *trace);
	/* Where the network is kept from run to run; NULL: nowhere. */
	struct bm_sqlite_store *store;
};

/* NULL when memory is out or the node could not be made; why in error. */
struct bm_player *bm_player_new(struct bm_runtime *rt, const struct bm_player_ops *ops, char *error, size_t error_len);
void bm_player_free(struct bm_player *player);
/* A board of this run: in the order in which they are to be provisioned. */
void bm_player_add_board(struct bm_player *player, struct bm_board *board);
/* Everything that happens on such a board. */
void bm_player_board_event(struct bm_player *player, struct bm_board *board, const struct bm_board_event *event);
/* Somebody else is the provisioner here: takes in nobody any more, tells no step, and is never ready. */
void bm_player_stand_back(struct bm_player *player);
/* The provisioner's own radio is lost, or works again: what fails meanwhile is no fault of the devices. */
void bm_player_radio_works(struct bm_player *player, bool works);
struct bm_node *bm_player_node(struct bm_player *player);
/* What the player waits for, in words. */
void bm_player_waiting(const struct bm_player *player, char *out, size_t len);

/* The last whole number in a printed line. False if there is none. */
bool bm_player_number_in(const char *text, uint32_t *number);

#endif
