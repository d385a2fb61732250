/*
 * The ways to a Bluetooth controller: `hciN` (Linux's HCI user channel), `h4:PATH[:BAUD]` (a serial port),
 * `unix:PATH` and `tcp:HOST:PORT` (emulated and remote controllers). Each is a non-blocking descriptor over which H4
 * goes.
 */
#ifndef BM_POSIX_TRANSPORT_H
#define BM_POSIX_TRANSPORT_H

#include <sys/socket.h>

#include "blemesh/base.h"

enum bm_transport_kind { BM_TRANSPORT_HCI, BM_TRANSPORT_H4, BM_TRANSPORT_UNIX, BM_TRANSPORT_TCP };

#define BM_TRANSPORT_BAUD_DEFAULT 1000000u
#define BM_TRANSPORT_ADDRS 4u

struct bm_transport {
	enum bm_transport_kind kind;
	unsigned number; /* hciN */
	unsigned baud;
	char path[108]; /* h4, unix; tcp: the host's name */
	char port[8];   /* tcp */
	/* tcp: the host's addresses, asked for once: nobody is to wait for a name server at every opening. */
	struct {
		struct sockaddr_storage addr;
		socklen_t len;
	} addrs[BM_TRANSPORT_ADDRS];
	size_t addr_count;
};

/* False: why, in error, for the one who wrote the text. */
bool bm_transport_parse(const char *text, struct bm_transport *transport, char *error, size_t error_len);
/* A descriptor, or -1 and why, with what can be done about it, in error. Waits up to wait_ms for a TCP connection. */
int bm_transport_open(struct bm_transport *transport, int wait_ms, char *error, size_t error_len);

#endif
