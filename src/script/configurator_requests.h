/*
 * The requests of a configuration: which there are, what each sends and what its answer means. For configurator.c.
 */
#ifndef BM_SCRIPT_CONFIGURATOR_REQUESTS_H
#define BM_SCRIPT_CONFIGURATOR_REQUESTS_H

#include "script/configurator.h"

enum bm_config_setting { BM_CONFIG_TTL, BM_CONFIG_RELAY, BM_CONFIG_BEACON, BM_CONFIG_LAST_SETTING = BM_CONFIG_BEACON };

/* Whether the plan has the setting, or the model's part, that stands at c->part. */
bool bm_config_wants_setting(const struct bm_configurator *c);
bool bm_config_wants_part(const struct bm_configurator *c);
unsigned bm_config_last_part(const struct bm_configurator *c);
/* Sends the request that stands at step and part. */
BM_MUST_USE enum bm_err bm_config_send(struct bm_configurator *c, bm_config_done done, bm_time now);
/* The answer to a setting: whether it was taken; what was done, or why not, in words. */
bool bm_config_setting_done(const struct bm_configurator *c, const uint8_t *params, size_t len, char *out, size_t size);
/* What is being done to the model, in words. */
void bm_config_model_text(const struct bm_configurator *c, char *out, size_t size);
/* "0x1000", and of a vendor's "0x02c40001". */
void bm_config_model_name(const struct bm_model_id *id, char *out, size_t size);

#endif
