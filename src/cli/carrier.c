/*
 * The air or a controller, on the runtime's loop.
 */
#include "cli/carrier.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_AIR "default"

bool bm_carrier_is_air(const char *radio, const char **name)
{
	const char *of_environment = getenv("BLEMESH_AIR");
	if (strcmp(radio, "air") == 0)
		*name = of_environment && of_environment[0] ? of_environment : DEFAULT_AIR;
	else if (strncmp(radio, "air:", 4) == 0)
		*name = radio + 4;
	else
		return false;
	return true;
}

static bm_time runtime_now(void *ctx)
{
	return bm_runtime_now(ctx);
}

bool bm_carrier_join_air(struct bm_carrier *carrier, struct bm_runtime *rt, const char *name, char *error,
			 size_t error_len)
{
	carrier->air = bm_air_join(bm_runtime_medium(rt), bm_runtime_uv(rt), name, runtime_now, rt, error, error_len);
	return carrier->air;
}

static bm_time radio_deadline(void *ctx)
{
	return bm_radio_deadline(ctx);
}

static void radio_run(void *ctx, bm_time now)
{
	bm_radio_run(ctx, now);
}

bool bm_carrier_open_radio(struct bm_carrier *carrier, struct bm_runtime *rt, const struct bm_radio_options *options,
			   char *error, size_t error_len)
{
	struct bm_radio_options all = *options;
	all.medium = bm_runtime_medium(rt);
	all.loop = bm_runtime_uv(rt);
	carrier->radio = bm_radio_open(&all, error, error_len);
	if (!carrier->radio)
		return false;
	carrier->actor = (struct bm_actor){.deadline = radio_deadline, .run = radio_run, .ctx = carrier->radio};
	bm_runtime_add_actor(rt, &carrier->actor);
	return true;
}

void bm_carrier_close(struct bm_carrier *carrier)
{
	bm_air_leave(carrier->air);
	bm_radio_close(carrier->radio);
	carrier->air = NULL;
	carrier->radio = NULL;
}
