/*
 * Provisioning in words: how a device is authenticated, why an attempt failed, what a configuration server answers.
 */
#ifndef BM_SCRIPT_PROV_WORDS_H
#define BM_SCRIPT_PROV_WORDS_H

#include "blemesh/node.h"

/* "no authentication", "static OOB", "blinking", "input of a number" … */
const char *bm_prov_method_text(enum bm_prov_method method, uint8_t action);
/* Of BM_EVENT_PROVISION_FAILED. why: we gave up ourselves, and this is the reason; else NULL. */
void bm_prov_failure_text(const struct bm_event *event, const char *why, char *out, size_t len);
/* The authentication failed, so no provisioning data was sent. */
bool bm_prov_refused(const struct bm_event *event);
/* A status code of the Configuration Server (MshPRT 4.3.8). */
const char *bm_config_status_text(uint8_t status);

#endif
