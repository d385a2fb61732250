/*
 * Nodes in words, for the commands that show them.
 */
#ifndef BM_CLI_COMMANDS_NODES_H
#define BM_CLI_COMMANDS_NODES_H

#include "cli/commands/options.h"

/* "just now", "5 min ago", "2026-11-22"; "never" for NULL. */
void bm_ago_text(const char *timestamp, char *out, size_t len);
/* "Generic OnOff Server", or the number. */
void bm_node_model_text(const char *model_id, char *out, size_t len);
void bm_node_model_id_text(const struct bm_model_id *id, char *out, size_t len);
/* Everything that is known of a node. */
void bm_node_show(struct bm_network *network, json_t *node);
/* The node is no more: its document and device key go, its addresses stay taken. BM_ERR_STORE. */
BM_MUST_USE enum bm_err bm_node_forget(struct bm_network *network, const json_t *node);

#endif
