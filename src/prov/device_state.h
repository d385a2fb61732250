/*
 * The members of the provisioning device, for this floor and for the node, which embeds it.
 */
#ifndef BM_PROV_DEVICE_STATE_H
#define BM_PROV_DEVICE_STATE_H

#include "prov/device.h"
#include "prov/link.h"
#include "prov/protocol.h"

enum bm_prov_device_state {
	BM_PROV_DEVICE_OFF,
	BM_PROV_DEVICE_BEACONING,
	BM_PROV_DEVICE_PAUSED, /* after failed attempts: neither beacons nor takes links */
	/* A link is open; named after what is awaited. */
	BM_PROV_DEVICE_INVITE,
	BM_PROV_DEVICE_START,
	BM_PROV_DEVICE_PUBLIC_KEY,
	BM_PROV_DEVICE_INPUT, /* the person's value */
	BM_PROV_DEVICE_CONFIRMATION,
	BM_PROV_DEVICE_RANDOM,
	BM_PROV_DEVICE_DATA,
	BM_PROV_DEVICE_COMPLETE, /* provisioned; the link is about to close */
	BM_PROV_DEVICE_FAILED,   /* Failed was sent; the link is about to close */
};

struct bm_prov_device {
	struct bm_env *env;
	enum bm_prov_device_state state;
	uint8_t bearers;       /* 0: not to be provisioned */
	uint8_t failed_in_row; /* attempts; a long row brings a pause */
	bool attempt;          /* this link got as far as Start */
	bool connectable;      /* as the upper layer was told */
	bool over_gatt;        /* this attempt's link, or the one before */
	bool attention;        /* this link's Invite asked for attention */
	bool timed_by_person;  /* OOB is in play: the longer time-out */
	struct bm_prov_start start;
	struct bm_prov_exchange *exchange; /* the caller's; used while a link is open, until COMPLETE */
	struct bm_prov_device_config config;
	struct bm_prov_device_upper upper;
	struct bm_timer timer; /* beacon, pause or time-out, as the state has it */
	struct bm_link link;
};

#endif
