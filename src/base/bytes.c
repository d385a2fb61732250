/*
 * The cursors as functions, for programs built for size: blemesh/bytes.h.
 */
#define BM_CURSOR
#include "blemesh/bytes.h"
