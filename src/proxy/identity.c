/*
 * Network ID, Node Identity and their private kinds.
 */
#include "proxy/identity.h"

#include <string.h>

#include "base/env.h"

void bm_proxy_identify(const struct bm_net_keys *keys, uint16_t addr, struct bm_proxy_id *id)
{
	if (id->type == BM_PROXY_ID_NETWORK) {
		memcpy(id->network_id, keys->network_id, sizeof id->network_id);
		return;
	}
	/* MshPRT 7.2.2.2.3 to 7.2.2.2.5: the low 64 bits of e(IdentityKey, …). */
	uint8_t key[16];
	uint8_t block[16] = {0};
	uint8_t out[16];
	struct bm_aes aes;
	if (BM_PROXY_HAS_PRIVATE && id->type == BM_PROXY_ID_PRIVATE_NETWORK) {
		memcpy(block, keys->network_id, 8);
		memcpy(block + 8, id->random, 8);
	} else {
		block[5] = BM_PROXY_HAS_PRIVATE && id->type == BM_PROXY_ID_PRIVATE_NODE ? BM_PROXY_ID_PRIVATE_NODE : 0;
		memcpy(block + 6, id->random, 8);
		block[14] = (uint8_t)(addr >> 8);
		block[15] = (uint8_t)addr;
	}
	bm_identity_key(keys->net_key, key);
	bm_port_aes_set_key(&aes, key);
	bm_port_aes_block(&aes, block, out);
	memcpy(id->hash, out + 8, sizeof id->hash);
	bm_wipe(key, sizeof key);
	bm_wipe(&aes, sizeof aes);
}

bool bm_proxy_is(const struct bm_net_keys *keys, uint16_t addr, const struct bm_proxy_id *id)
{
	struct bm_proxy_id ours = {.type = id->type};
	memcpy(ours.random, id->random, sizeof ours.random);
	bm_proxy_identify(keys, addr, &ours);
	return memcmp(ours.network_id, id->network_id, sizeof ours.network_id) == 0 &&
	       memcmp(ours.hash, id->hash, sizeof ours.hash) == 0;
}
