/*
 * What carries the stations of a runtime's medium: the virtual air between processes, or a Bluetooth controller. For
 * whoever opens either by what a user wrote after --radio.
 */
#ifndef BM_CLI_CARRIER_H
#define BM_CLI_CARRIER_H

#include "posix/air.h"
#include "posix/radio.h"
#include "script/runtime.h"

struct bm_carrier {
	struct bm_air *air; /* one of the two, or neither */
	struct bm_radio *radio;
	struct bm_actor actor;
};

/* "air" and "air:NAME" are the air, all else is a controller. True: name is the air's ("air": that of the environment's
 * BLEMESH_AIR, else "default"). */
bool bm_carrier_is_air(const char *radio, const char **name);
/* The air called name, or a controller (transport and what hears of it in options; the runtime fills in the rest).
 * Before any station joins. False: error holds why. */
bool bm_carrier_join_air(struct bm_carrier *carrier, struct bm_runtime *rt, const char *name, char *error,
			 size_t error_len);
bool bm_carrier_open_radio(struct bm_carrier *carrier, struct bm_runtime *rt, const struct bm_radio_options *options,
			   char *error, size_t error_len);
/* A controller is left idle. The memory of the air goes with the next round of the loop. */
void bm_carrier_close(struct bm_carrier *carrier);

#endif
