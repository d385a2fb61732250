/*
 * Between a script's model and the stack's: what board.c and mesh_api.c need of mesh_model.c.
 */
#ifndef BM_SCRIPT_MESH_MODEL_H
#define BM_SCRIPT_MESH_MODEL_H

#include "script/mesh_api.h"
#include "script/mesh_state.h"
#include "script/value.h"

/* Fills in the stack's model of a script's OnOff or Level model whose type and role are set. */
void bm_script_model_bind(struct bm_script_model *m, int64_t initial);
/* Of its type: GEN_ONOFF and the like. */
const char *bm_script_type_name(int type);
bool bm_script_is_sensor(const struct bm_script_model *m);
/* Whether an element has this model already, of a sensor one of the same property. */
bool bm_script_model_exists(const struct bm_mesh *mesh, const struct bm_script_model *m);
/* No answer is waited for any more. */
void bm_script_model_reset(struct bm_script_model *m);

/* A callback; state is given away. rx NULL: no message is behind it. */
void bm_script_model_queue(struct bm_script_model *m, struct bm_value state, int event, uint32_t opcode,
			   const struct bm_rx *rx);

/* Requests (mesh_request.c). */
struct bm_script_question {
	struct bm_tx tx; /* ask is set here if an answer is waited for */
	struct bm_ask ask;
	int event; /* of the answer */
	uint32_t status_opcode;
	uint16_t property_id, setting_id;
	bool any;
	struct bm_script_request *request;
};
/* Before a message is sent that is answered: takes a request if it goes to a unicast address. */
bool bm_script_ask(struct bm_script_model *m, struct bm_script_question *question, struct bm_fault *fault);
/* After it was sent, or not. */
bool bm_script_asked(struct bm_script_model *m, const struct bm_script_question *question, enum bm_err err,
		     struct bm_fault *fault);
/* The oldest request that this status answers, marked as heard; NULL if nobody asked. */
struct bm_script_request *bm_script_answered(struct bm_mesh *mesh, const struct bm_model *model, const struct bm_rx *rx,
					     uint16_t property_id, uint16_t setting_id);
/* The event of a status. */
int bm_script_status_event(const struct bm_script_model *m, const struct bm_script_request *request,
			   const struct bm_rx *rx);
bool bm_script_sent(enum bm_err err, struct bm_fault *fault);

/* Arguments (mesh_model.c). */
bool bm_script_may_send(const struct bm_script_model *m, const struct bm_tx *tx, struct bm_fault *fault);

/* Sensors (mesh_sensor.c, mesh_sensor_client.c). */
/* Property, range and first value of a model that is to be added. */
bool bm_script_sensor_describe(struct bm_script_model *m, const struct bm_mesh_model_args *args,
			       struct bm_fault *fault);
bool bm_script_sensor_add(struct bm_script_model *m, const struct bm_mesh_model_args *args, struct bm_fault *fault);
void bm_script_sensor_client_bind(struct bm_script_sensors *sensors, struct bm_script_model *m);
/* The models of an element's sensors, in the order in which they are added to the node; how many. */
size_t bm_script_sensor_models(struct bm_script_sensors *sensors, struct bm_model *out[3]);
void bm_script_sensor_get(struct bm_script_model *m, int state, struct bm_mesh_state_args *args,
			  struct bm_fault *fault);
void bm_script_sensor_set(struct bm_script_model *m, int state, const struct bm_mesh_state_args *args,
			  struct bm_fault *fault);
void bm_script_sensor_status(struct bm_script_model *m, int state, const struct bm_tx *tx,
			     const struct bm_mesh_state_args *args, struct bm_fault *fault);
void bm_script_sensor_client_get(struct bm_script_model *m, int state, const struct bm_tx *tx,
				 const struct bm_mesh_state_args *args, struct bm_fault *fault);
void bm_script_sensor_client_set(struct bm_script_model *m, int state, const struct bm_tx *tx,
				 const struct bm_mesh_state_args *args, struct bm_fault *fault);
bool bm_script_take_setting_id(const struct bm_mesh_state_args *args, uint16_t *setting_id, struct bm_fault *fault);
/* x of a column, as octets. */
bool bm_script_take_x(const struct bm_sensor_codec *codec, const struct bm_value *value, uint8_t *x,
		      struct bm_fault *fault);

struct bm_script_address {
	uint16_t addr;
	bool has_label;
	uint8_t label[BM_UUID_LEN];
};
/* Seconds as the octet of a publication's period, of the finest resolution that holds them. Absent or None: 0. */
bool bm_take_period(const struct bm_value *value, uint8_t *out, struct bm_fault *fault);
/* An address as an int or a label. Absent: *out stays. m: whose labels a virtual address may be one of; or NULL. */
bool bm_take_address(const struct bm_script_model *m, const struct bm_value *value, const char *name,
		     struct bm_script_address *out, struct bm_fault *fault);
bool bm_script_model_is_in_mesh(const struct bm_script_model *m, struct bm_fault *fault);
bool bm_script_model_is_bound(const struct bm_script_model *m, uint16_t app_idx, struct bm_fault *fault);

#endif
