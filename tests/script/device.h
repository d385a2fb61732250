/*
 * Unprovisioned devices that no script can be: they offer authentication that scripts do not have.
 *
 *   static: the value "sixteen octets.."; uuid 01 01 …
 *   number@FILE: outputs a number of 6 digits, by writing it to the file; uuid 02 02 …
 *   text:   asks for a text, and types X when a script prints "type X"; uuid 03 03 …
 *   key:    a public key known out of band, and nothing else; uuid 04 04 …. Its private half is in device.c
 *   big:    no authentication, 3 elements; uuid 05 05 …
 */
#ifndef TEST_SCRIPT_DEVICE_H
#define TEST_SCRIPT_DEVICE_H

#include "script/runtime.h"

void add_device(struct bm_runtime *rt, const char *kind);
/* What a script printed, for the device that types. */
void device_hears(const char *text);

#endif
