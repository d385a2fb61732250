/*
 * The OnOff state's end of a binding.
 */
#ifndef BM_MODELS_ONOFF_SERVER_H
#define BM_MODELS_ONOFF_SERVER_H

#include "blemesh/onoff.h"
#include "models/binding.h"

struct bm_bound *bm_onoff_server_bound(struct bm_onoff_server *server);
/* The state follows another: at once, told with opcode 0, published. */
void bm_onoff_server_follow(struct bm_onoff_server *server, bool present, bm_time now);

#endif
