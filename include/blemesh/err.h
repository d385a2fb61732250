/*
 * Errors. Every function that can fail returns enum bm_err: BM_OK (0) or a negative value.
 *
 * An expected drop on the air (not for us, a replay, a cache hit) is not an error: it is counted (trace.h).
 */
#ifndef BLEMESH_ERR_H
#define BLEMESH_ERR_H

/* Every error: name, number, text. */
#define BM_ERR_LIST(X)                                                              \
	X(OK, 0, "success")                                                         \
	X(ERR_INVALID, -1, "an argument is out of its range")                       \
	X(ERR_NO_SPACE, -2, "a table or buffer is full")                            \
	X(ERR_TOO_SHORT, -3, "the octets end too early")                            \
	X(ERR_TOO_LONG, -4, "there are more octets than allowed")                   \
	X(ERR_PROHIBITED, -5, "a field holds a prohibited value")                   \
	X(ERR_AUTH, -6, "the integrity check failed")                               \
	X(ERR_NOT_FOUND, -7, "there is no such entry")                              \
	X(ERR_EXISTS, -8, "there is such an entry already")                         \
	X(ERR_STATE, -9, "not possible in this state")                              \
	X(ERR_NOT_PROVISIONED, -10, "the node is not provisioned")                  \
	X(ERR_NOT_BOUND, -11, "the model is not bound to this application key")     \
	X(ERR_NO_KEY, -12, "this node does not hold the key")                       \
	X(ERR_BUSY, -13, "all contexts are in use, try again later")                \
	X(ERR_SEQ_EXHAUSTED, -14, "no sequence number is left under this IV index") \
	X(ERR_NOT_SUPPORTED, -15, "not supported")                                  \
	X(ERR_TIMEOUT, -16, "no answer in time")                                    \
	X(ERR_CRYPTO, -17, "the cryptographic operation failed")                    \
	X(ERR_STORE, -18, "the store refused the data")                             \
	X(ERR_CANCELLED, -19, "cancelled by the peer or by a reset")

/* BM_OK, or a negative error. */
enum bm_err {
#define X(name, value, text) BM_##name = (value),
	BM_ERR_LIST(X)
#undef X
};

/* The name as written in C ("BM_ERR_BUSY") and a sentence fragment for people. Never NULL. */
const char *bm_err_name(enum bm_err err);
const char *bm_err_text(enum bm_err err);

#endif
