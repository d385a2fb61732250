/*
 * The default crypto port: mbedTLS's direct API.
 */
#include "crypto/port.h"
