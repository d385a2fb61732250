/*
 * What is in line in the public headers, as functions for programs built for size: the cursors of blemesh/bytes.h and
 * the time's of blemesh/base.h.
 */
#define BM_TIME_ADD
#define BM_CURSOR
#include "blemesh/bytes.h"
