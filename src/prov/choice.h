/*
 * How a provisioner chooses among what a device offers.
 */
#ifndef BM_PROV_CHOICE_H
#define BM_PROV_CHOICE_H

#include "blemesh/err.h"
#include "blemesh/prov.h"
#include "pdu/prov_pdu.h"

/*
 * The stronger algorithm that both sides have, and the strongest method: static, then output and input, then none.
 * BM_ERR_NOT_SUPPORTED: no algorithm is left, or no method where the device wants one. BM_ERR_AUTH: only No OOB would
 * be left, and params asks for authentication; or params knows a public key that the device does not offer to use.
 */
BM_MUST_USE enum bm_err bm_prov_choose(const struct bm_prov_caps *caps, const struct bm_provision_params *params,
				       struct bm_prov_start *start);

#endif
