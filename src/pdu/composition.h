/*
 * Composition Data Page 0 (MshPRT 4.2.1.1), writing. Reading it is in blemesh/config.h.
 *
 * Header, then for each element its header, its SIG models, its vendor models.
 */
#ifndef BM_PDU_COMPOSITION_H
#define BM_PDU_COMPOSITION_H

#include "blemesh/bytes.h"
#include "blemesh/config.h"

/* The elements member is not looked at. */
void bm_composition_put_header(struct bm_writer *w, const struct bm_composition *composition);
/* The models member is not looked at. */
void bm_composition_put_element(struct bm_writer *w, const struct bm_composition_element *element);
void bm_composition_put_model(struct bm_writer *w, const struct bm_model_id *id);

#endif
