/*
 * What the library is built with. Each of these is on unless the build says 0, for the library and for what includes
 * its headers alike (-DBM_WITH_FRIEND=0; CMake: -DBLEMESH_WITHOUT="FRIEND;PROVISIONER"). What is left out takes neither
 * flash nor, where it has tables, memory. bm_node_init refuses a configuration that asks for it: BM_ERR_NOT_SUPPORTED.
 *
 * In the code they are ordinary constants, if (BM_WITH_FRIEND && …): all is compiled in every build, and the compiler
 * and the linker (-ffunction-sections, --gc-sections) leave out what cannot be reached.
 */
#ifndef BLEMESH_FEATURES_H
#define BLEMESH_FEATURES_H

/* The provisioner's side of provisioning: limits.prov_links. */
#ifndef BM_WITH_PROVISIONER
#define BM_WITH_PROVISIONER 1
#endif

/* The provisioning algorithm of Mesh 1.1, BTM_ECDH_P256_HMAC_SHA256_AES_CCM, in either role. Without, caps.algorithms
 * may not name it. */
#ifndef BM_WITH_PROV_HMAC
#define BM_WITH_PROV_HMAC 1
#endif

/* The Configuration Client and the clients of Mesh 1.1's foundation models: limits.config_requests. */
#ifndef BM_WITH_CONFIG_CLIENT
#define BM_WITH_CONFIG_CLIENT 1
#endif

/* Being a friend of low power nodes: limits.friend_lpns. */
#ifndef BM_WITH_FRIEND
#define BM_WITH_FRIEND 1
#endif

/* Being a low power node: limits.low_power. */
#ifndef BM_WITH_LOW_POWER
#define BM_WITH_LOW_POWER 1
#endif

/* The GATT bearer, PB-GATT with it: limits.gatt_links. */
#ifndef BM_WITH_GATT
#define BM_WITH_GATT 1
#endif

/* Serving proxy clients: BM_FEATURE_PROXY. Needs BM_WITH_GATT. */
#ifndef BM_WITH_PROXY_SERVER
#define BM_WITH_PROXY_SERVER BM_WITH_GATT
#endif

/* Being a proxy client: bm_node_proxy_client_start. Needs BM_WITH_GATT. */
#ifndef BM_WITH_PROXY_CLIENT
#define BM_WITH_PROXY_CLIENT BM_WITH_GATT
#endif

/* Mesh Private beacons and the Private Beacon Server: BM_FOUNDATION_PRIVATE_BEACON. Without, a node hears only Secure
 * Network beacons, as one of Mesh 1.0.1 does. */
#ifndef BM_WITH_PRIVATE_BEACON
#define BM_WITH_PRIVATE_BEACON 1
#endif

/* The other servers of Mesh 1.1's foundation models: BM_FOUNDATION_SAR_CONFIG, _OPCODES_AGGREGATOR,
 * _LARGE_COMPOSITION, _ON_DEMAND_PROXY with its solicitations (limits.solicitations). */
#ifndef BM_WITH_FOUNDATION_1_1
#define BM_WITH_FOUNDATION_1_1 1
#endif

/* Persistence: bm_node_ops.store. */
#ifndef BM_WITH_STORE
#define BM_WITH_STORE 1
#endif

/* Traces: bm_node_ops.trace, with the names of states. Counters stay. */
#ifndef BM_WITH_TRACE
#define BM_WITH_TRACE 1
#endif

#endif
