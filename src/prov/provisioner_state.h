/*
 * The members of the provisioner, for this floor and for the node, which embeds it.
 */
#ifndef BM_PROV_PROVISIONER_STATE_H
#define BM_PROV_PROVISIONER_STATE_H

#include "prov/link.h"
#include "prov/protocol.h"
#include "prov/provisioner.h"

#define BM_PROV_STATIC_OOB_MAX 32u

/* Named after what is awaited. */
enum bm_prov_session_state {
	BM_PROV_SESSION_FREE,
	BM_PROV_SESSION_LINK,
	BM_PROV_SESSION_CAPABILITIES,
	BM_PROV_SESSION_PUBLIC_KEY,
	BM_PROV_SESSION_KEY_SENT, /* the device's key is known: that it has ours */
	BM_PROV_SESSION_OOB,      /* the value that a person reads off the device */
	BM_PROV_SESSION_INPUT_COMPLETE,
	BM_PROV_SESSION_CONFIRMATION,
	BM_PROV_SESSION_RANDOM,
	BM_PROV_SESSION_COMPLETE,
};

/* One device being provisioned. */
struct bm_provisioner_session {
	struct bm_provisioner *provisioner;
	enum bm_prov_session_state state;
	struct bm_provision_params params; /* static_oob and public_key point at the copies below */
	uint8_t static_oob[BM_PROV_STATIC_OOB_MAX];
	uint8_t public_key[BM_PROV_PUBLIC_KEY_LEN];
	uint8_t elements;
	struct bm_prov_start start;
	struct bm_timer timer; /* the protocol's time-out */
	struct bm_link link;
	struct bm_prov_exchange exchange;
	uint8_t dev_key[BM_KEY_LEN];
	bool data_out; /* the provisioning data was given to the link */
};

struct bm_provisioner {
	struct bm_env *env;
	struct bm_provisioner_upper upper;
	struct bm_provisioner_session *sessions;
	uint8_t session_count;
};

#endif
