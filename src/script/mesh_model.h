/*
 * Between a script's model and the stack's: what board.c and mesh_api.c need of mesh_model.c.
 */
#ifndef BM_SCRIPT_MESH_MODEL_H
#define BM_SCRIPT_MESH_MODEL_H

#include "script/mesh_state.h"
#include "script/value.h"

/* Fills in the stack's model of a script's model whose type, role, scale and value are set. */
void bm_script_model_bind(struct bm_script_model *m, int64_t initial);
/* Of its type: GEN_ONOFF and the like. */
const char *bm_script_type_name(int type);
bm_time bm_script_model_deadline(const struct bm_script_model *m);
void bm_script_model_run(struct bm_script_model *m, bm_time now);
/* No request waits any more. */
void bm_script_model_reset(struct bm_script_model *m);
/* Takes a sensor's range; a fault if it is none. */
bool bm_script_scale_check(const struct bm_sensor_scale *scale, struct bm_fault *fault);
/* Whether an element has a model of this type and role already. */
bool bm_script_model_exists(const struct bm_mesh *mesh, uint8_t element, int type, int role);

struct bm_script_address {
	uint16_t addr;
	bool has_label;
	uint8_t label[BM_UUID_LEN];
};
/* An address as an int or a label. Absent: *out stays. */
bool bm_take_address(const struct bm_script_model *m, const struct bm_value *value, const char *name,
		     struct bm_script_address *out, struct bm_fault *fault);
bool bm_script_model_is_in_mesh(const struct bm_script_model *m, struct bm_fault *fault);
bool bm_script_model_is_bound(const struct bm_script_model *m, uint16_t app_idx, struct bm_fault *fault);

#endif
