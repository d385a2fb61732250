/*
 * The types every blemesh header shares: time, addresses, lengths.
 *
 * Everything here is plain C11; no header of the library needs another to be included first.
 */
#ifndef BLEMESH_BASE_H
#define BLEMESH_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The caller must look at the result: a negative enum bm_err is an error. */
#define BM_MUST_USE __attribute__((warn_unused_result))

/* An instant in microseconds. The library never reads a clock; whoever calls it says what time it is. The origin is the
 * host's choice; time given to one node never goes back. */
typedef uint64_t bm_time;

/* "No deadline": a node that returns it wants to be called only when something arrives. */
#define BM_TIME_NEVER UINT64_MAX

/* Microseconds of a millisecond and of a second. */
#define BM_US_PER_MS 1000u
#define BM_US_PER_S 1000000u

/* The instant duration_us after at; BM_TIME_NEVER if that is beyond what an instant can be. In line; where size counts
 * a function of the library. */
#if defined(__OPTIMIZE_SIZE__) || defined(BM_TIME_ADD)
bm_time bm_time_add(bm_time at, uint64_t duration_us);
#else
#define BM_TIME_ADD static inline
#endif
#ifdef BM_TIME_ADD
BM_TIME_ADD bm_time bm_time_add(bm_time at, uint64_t duration_us)
{
	return at > BM_TIME_NEVER - duration_us ? BM_TIME_NEVER : at + duration_us;
}
#endif

/* Elements of an array; not of a pointer. */
#define BM_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Addresses (MshPRT 3.4.2). */
#define BM_ADDR_UNASSIGNED 0x0000u
#define BM_ADDR_ALL_PROXIES 0xfffcu
#define BM_ADDR_ALL_FRIENDS 0xfffdu
#define BM_ADDR_ALL_RELAYS 0xfffeu
#define BM_ADDR_ALL_NODES 0xffffu

/* An element: 0x0001 to 0x7fff (MshPRT 3.4.2.2). */
static inline bool bm_addr_is_unicast(uint16_t addr)
{
	return addr >= 0x0001 && addr <= 0x7fff;
}

/* Stands for a Label UUID: 0x8000 to 0xbfff (MshPRT 3.4.2.3). */
static inline bool bm_addr_is_virtual(uint16_t addr)
{
	return addr >= 0x8000 && addr <= 0xbfff;
}

/* Group addresses, the fixed ones (0xff00 and above) included. */
static inline bool bm_addr_is_group(uint16_t addr)
{
	return addr >= 0xc000;
}

/* Key indexes (MshPRT 3.9.6.3) are 12 bits wide; these stand beside them. */
#define BM_KEY_INDEX_MAX 0x0fffu
#define BM_NET_IDX_PRIMARY 0x0000u
#define BM_APP_IDX_DEV_LOCAL 0xfffeu  /* secured with this node's own device key */
#define BM_APP_IDX_DEV_REMOTE 0xffffu /* secured with the peer's device key */

/* Octets of a NetKey, AppKey or device key, and of a Device UUID or Label UUID. */
#define BM_KEY_LEN 16u
#define BM_UUID_LEN 16u

/* TTL (MshPRT 3.4.4.3). BM_TTL_DEFAULT asks for the node's Default TTL state. */
#define BM_TTL_MAX 0x7fu
#define BM_TTL_DEFAULT 0xffu

/* The longest access message: opcode and parameters, with a 32-bit TransMIC (MshPRT 3.6.2). */
#define BM_ACCESS_MAX 380u

#endif
