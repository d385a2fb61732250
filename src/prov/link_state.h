/*
 * What link.c and link_gatt.c share.
 */
#ifndef BM_PROV_LINK_STATE_H
#define BM_PROV_LINK_STATE_H

#include "prov/link.h"

/* MshPRT 5.3.2: how long a provisioner waits for the device. */
#define BM_LINK_OPEN_TIMEOUT_US (60u * BM_US_PER_S)

/* Where there is no provisioner, every link is a device's. */
static inline bool bm_link_is_provisioner(const struct bm_link *link)
{
	return BM_WITH_PROVISIONER && link->role == BM_LINK_PROVISIONER;
}

/* link.c */
void bm_link_set_state(struct bm_link *link, enum bm_link_state state);
/* Closes without telling anybody; wipes what was under way. */
void bm_link_forget(struct bm_link *link);

/* link_gatt.c */
BM_MUST_USE enum bm_err bm_link_gatt_send(struct bm_link *link, const uint8_t *pdu, size_t len);
void bm_link_gatt_close(struct bm_link *link);

#endif
