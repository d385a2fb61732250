/*
 * For Linux programs (libblemesh-air, not the core): puts a node onto a real Bluetooth controller. What comes back is
 * the handle of blemesh/air.h, and everything there is done with it alike; so a program moves from the virtual air to a
 * dongle by calling this instead of bm_on_air_join.
 *
 * A controller that is lost is opened again, with growing pauses; the node keeps its state, its connections end.
 */
#ifndef BLEMESH_RADIO_H
#define BLEMESH_RADIO_H

#include "blemesh/air.h"

/*
 * Opens radio: "hciN" (Linux's own controller, which nobody else may use meanwhile: it takes CAP_NET_ADMIN, and
 * `hciconfig hciN down`), "h4:PATH[:BAUD]" (a controller behind a serial port; 1000000 baud unless given), "unix:PATH"
 * or "tcp:HOST:PORT" (emulated and remote ones), or "air[:NAME]" (bm_on_air_join).
 *
 * On error NULL, and why, with what can be done about it, as a line of text in error. The caller owns what is returned
 * and gives it back with bm_on_air_leave, which leaves the controller idle.
 */
struct bm_on_air *bm_on_radio_open(const char *radio, char *error, size_t error_len);

#endif
