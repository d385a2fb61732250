/*
 * BLE_Mesh, its elements and its models: arguments and results, nothing else.
 */
#include "binding.h"
#include "script/mesh_proxy.h"

#define RSSI_UNKNOWN 127

struct element_object {
	PyObject_HEAD struct bm_script_element *element;
};

struct model_object {
	PyObject_HEAD struct bm_script_model *model;
};

PyDoc_STRVAR(init_doc, "init(name=\"PYCOM-ESP-BLE-MESH\", *, auth=0, callback=None)\n--\n\n"
		       "Starts the mesh stack with the elements and models created so far; once only.\n\n"
		       "name: how the device calls itself while it is unprovisioned (1 to 29 octets).\n"
		       "auth: OOB_OUTPUT, OOB_INPUT, both ORed, or 0.\n"
		       "callback(event, oob_pass): gets the provisioning events; oob_pass is the number\n"
		       "to show for PROV_OUTPUT_OOB_REQ_EVT, else None.");
static PyObject *mesh_init(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"name", "auth", "callback", NULL};
	struct bm_py_state *state = bm_py_state_of(module);
	PyObject *name = NULL, *auth = NULL, *callback = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OO:init", names, &name, &auth, &callback))
		return NULL;
	struct bm_board *board = bm_py_board(state);
	struct bm_mesh_init_args a;
	bm_py_value(name, &a.name);
	bm_py_value(auth, &a.auth);
	bm_py_value(callback, &a.callback);
	/* Held first: the first event may be on its way before the call is back. */
	if (!board || !bm_py_hold(state, callback, NULL) ||
	    !bm_py_held(state, board, bm_py_call(board, bm_mesh_init, &a)))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(set_node_prov_doc, "set_node_prov(bearer=PROV_NONE)\n--\n\n"
				"Turns provisioning on: PROV_ADV, PROV_GATT or both ORed; PROV_NONE turns it off.");
static PyObject *mesh_set_node_prov(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"bearer", NULL};
	PyObject *bearer = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:set_node_prov", names, &bearer))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_mesh_prov_args a;
	bm_py_value(bearer, &a.bearer);
	if (!board || !bm_py_call(board, bm_mesh_set_node_prov, &a))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(reset_node_prov_doc, "reset_node_prov()\n--\n\n"
				  "Forgets keys and address: the node can be provisioned again. The callback of init\n"
				  "gets PROV_RESET_EVT.");
static PyObject *mesh_reset_node_prov(PyObject *module, PyObject *unused)
{
	(void)unused;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	if (!board || !bm_py_call(board, bm_mesh_reset_node_prov, NULL))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(input_oob_doc, "input_oob(oob)\n--\n\n"
			    "Hands over what the provisioner displays, in answer to PROV_INPUT_OOB_REQ_EVT.");
static PyObject *mesh_input_oob(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"oob", NULL};
	PyObject *oob;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:input_oob", names, &oob))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_mesh_oob_args a;
	bm_py_value(oob, &a.oob);
	if (!board || !bm_py_call(board, bm_mesh_input_oob, &a))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(proxy_client_doc, "proxy_client(enable=True)\n--\n\n"
			       "The board has no advertising bearer of its own once it is provisioned: it reaches its\n"
			       "network through a proxy (GATT_PROXY of another node), which it looks for by itself.");
static PyObject *mesh_proxy_client(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"enable", NULL};
	PyObject *enable = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:proxy_client", names, &enable))
		return NULL;
	struct bm_board *board = bm_py_board(bm_py_state_of(module));
	struct bm_mesh_proxy_args a;
	bm_py_value(enable, &a.enable);
	if (!board || !bm_py_call(board, bm_mesh_proxy_client, &a))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(create_element_doc,
	     "create_element(*, primary, feature=0, beacon=True, ttl=7)\n--\n\n"
	     "Creates an element and returns it; the first three below are for the primary one alone.\n\n"
	     "feature: OR of RELAY, GATT_PROXY, LOW_POWER, FRIEND. beacon: whether Secure Network\n"
	     "Beacons are sent. ttl: the default TTL, 0 or 2 to 127.");
static PyObject *mesh_create_element(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"primary", "feature", "beacon", "ttl", NULL};
	struct bm_py_state *state = bm_py_state_of(module);
	PyObject *primary = NULL, *feature = NULL, *beacon = NULL, *ttl = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOO:create_element", names, &primary, &feature, &beacon,
					 &ttl))
		return NULL;
	struct bm_board *board = bm_py_board(state);
	struct bm_mesh_element_args a = {.element = NULL};
	bm_py_value(primary, &a.primary);
	bm_py_value(feature, &a.feature);
	bm_py_value(beacon, &a.beacon);
	bm_py_value(ttl, &a.ttl);
	if (!board || !bm_py_call(board, bm_mesh_create_element, &a))
		return NULL;
	struct element_object *element = PyObject_New(struct element_object, state->element);
	if (element)
		element->element = a.element;
	return (PyObject *)element;
}

PyDoc_STRVAR(add_model_doc,
	     "add_model(type=GEN_ONOFF, server_client=SERVER, *, callback=None, value=None, sen_min=-100, "
	     "sen_max=100, sen_res=0.1, property_id=None)\n--\n\n"
	     "Adds a model to the element, before init, and returns it.\n\n"
	     "type: GEN_ONOFF, GEN_LEVEL, SENSOR or SENSOR_SETUP. server_client: SERVER or CLIENT. value: the state at "
	     "the start.\n"
	     "callback(new_state, event, recv_op): a server's, each time its state is set (event 0); a\n"
	     "client's, for each Status: event 0 is the answer to a Get, 1 to an acknowledged Set, 2 a\n"
	     "Status nobody asked for, 3 no answer in time (new_state is None). recv_op: the opcode received, 0 for a "
	     "local set.\n"
	     "sen_min, sen_max, sen_res: a sensor's range and the step its values are rounded to.\n"
	     "property_id (or prop_id): the device property that a sensor speaks, as its characteristic has\n"
	     "it; None: 0x0056 in two octets, as the original boards. One model for each property.");
static PyObject *element_add_model(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"type",    "server_client", "callback",    "value",   "sen_min",
				"sen_max", "sen_res",       "property_id", "prop_id", NULL};
	struct bm_py_state *state = bm_py_state_of_type(Py_TYPE(self));
	PyObject *o[9] = {NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO$OOOOOOO:add_model", names, &o[0], &o[1], &o[2], &o[3],
					 &o[4], &o[5], &o[6], &o[7], &o[8]))
		return NULL;
	struct bm_mesh_model_args a = {.element = ((struct element_object *)self)->element};
	bm_py_value(o[0], &a.type);
	bm_py_value(o[1], &a.server_client);
	bm_py_value(o[2], &a.callback);
	if (o[7] && o[8]) {
		PyErr_SetString(PyExc_TypeError, "add_model takes property_id or prop_id, not both");
		return NULL;
	}
	bm_py_state_value(o[3], &a.value);
	bm_py_value(o[4], &a.sen_min);
	bm_py_value(o[5], &a.sen_max);
	bm_py_value(o[6], &a.sen_res);
	bm_py_value(o[7] ? o[7] : o[8], &a.property_id);
	struct bm_board *board = a.element->board;
	const bool added = bm_py_hold(state, o[2], NULL) &&
			   bm_py_held(state, board, bm_py_call(board, bm_mesh_add_model, &a));
	bm_value_free(&a.value);
	if (!added)
		return NULL;
	struct model_object *model = PyObject_New(struct model_object, state->model);
	if (model)
		model->model = a.model;
	return (PyObject *)model;
}

/* Where a message goes, under which key, and which state it is about. */
struct state_objects {
	PyObject *state, *addr, *app_idx, *state_type, *setting_id, *x, *ack, *transition, *delay;
};

static PyObject *state_call(PyObject *self, bm_api_function *function, const struct state_objects *o)
{
	struct bm_mesh_state_args a = {.model = ((struct model_object *)self)->model};
	bm_py_state_value(o->state, &a.state);
	bm_py_value(o->addr, &a.addr);
	bm_py_value(o->app_idx, &a.app_idx);
	bm_py_value(o->state_type, &a.state_type);
	bm_py_value(o->setting_id, &a.setting_id);
	bm_py_state_value(o->x, &a.x);
	bm_py_value(o->ack, &a.ack);
	bm_py_value(o->transition, &a.transition);
	bm_py_value(o->delay, &a.delay);
	PyObject *result = bm_py_call(a.model->board, function, &a) ? bm_py_object(&a.result) : NULL;
	bm_value_free(&a.state);
	bm_value_free(&a.x);
	bm_value_free(&a.result);
	return result;
}

PyDoc_STRVAR(get_state_doc,
	     "get_state(addr=ADDR_ALL_NODES, app_idx=0, state_type=None, *, setting_id=None, x=None)\n--\n\n"
	     "A server returns its state. A client sends Get: the answer comes to its callback.\n\n"
	     "setting_id: with STATE_SEN_SET_SETTING, which one. x: with STATE_SEN_COLUMN, which one;\n"
	     "with a client's STATE_SEN_SERIES (from, to), or all columns.");
static PyObject *model_get_state(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"addr", "app_idx", "state_type", "setting_id", "x", NULL};
	struct state_objects o = {.state = NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO$OO:get_state", names, &o.addr, &o.app_idx, &o.state_type,
					 &o.setting_id, &o.x))
		return NULL;
	return state_call(self, bm_model_get_state, &o);
}

PyDoc_STRVAR(
	set_state_doc,
	"set_state(state, addr=ADDR_ALL_NODES, app_idx=0, state_type=None, *, ack=None, transition=None, delay=None, "
	"setting_id=None)\n--\n\n"
	"A server sets its state (and, OnOff and Level, calls its callback). A client sends Set\n"
	"Unacknowledged. The state may be given as state= or value=.\n\n"
	"ack: whether a client sends Set, repeats it until it is answered, and hears event 1 or 3;\n"
	"None: cadence and settings to a unicast address only. transition, delay: seconds, of OnOff\n"
	"and Level. setting_id: with STATE_SEN_SET_SETTING, which one.");
static PyObject *model_set_state(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"state", "addr",       "app_idx", "state_type", "value",
				"ack",   "transition", "delay",   "setting_id", NULL};
	struct state_objects o = {.state = NULL};
	PyObject *value = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOOO$OOOOO:set_state", names, &o.state, &o.addr, &o.app_idx,
					 &o.state_type, &value, &o.ack, &o.transition, &o.delay, &o.setting_id))
		return NULL;
	if (o.state && value) {
		PyErr_SetString(PyExc_TypeError, "set_state takes state or value, not both");
		return NULL;
	}
	o.state = o.state ? o.state : value;
	return state_call(self, bm_model_set_state, &o);
}

PyDoc_STRVAR(status_state_doc,
	     "status_state(addr=ADDR_ALL_NODES, app_idx=0, state_type=None, *, setting_id=None, x=None)\n--\n\n"
	     "A server sends its Status.");
static PyObject *model_status_state(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"addr", "app_idx", "state_type", "setting_id", "x", NULL};
	struct state_objects o = {.state = NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO$OO:status_state", names, &o.addr, &o.app_idx,
					 &o.state_type, &o.setting_id, &o.x))
		return NULL;
	return state_call(self, bm_model_status_state, &o);
}

static PyObject *subscription_call(PyObject *self, PyObject *addr, bm_api_function *function)
{
	struct bm_mesh_subscribe_args a = {.model = ((struct model_object *)self)->model};
	bm_py_value(addr, &a.addr);
	if (!bm_py_call(a.model->board, function, &a))
		return NULL;
	Py_RETURN_NONE;
}

PyDoc_STRVAR(subscribe_doc, "subscribe(addr_or_label)\n--\n\n"
			    "Takes messages to this group address, or to the virtual address of a 16-byte label.");
static PyObject *model_subscribe(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"addr_or_label", NULL};
	PyObject *addr;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:subscribe", names, &addr))
		return NULL;
	return subscription_call(self, addr, bm_model_subscribe);
}

PyDoc_STRVAR(unsubscribe_doc, "unsubscribe(addr_or_label)\n--\n\nEnds a subscription.");
static PyObject *model_unsubscribe(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"addr_or_label", NULL};
	PyObject *addr;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:unsubscribe", names, &addr))
		return NULL;
	return subscription_call(self, addr, bm_model_unsubscribe);
}

PyDoc_STRVAR(publish_doc, "publish(addr_or_label=None, *, period=None, ttl=None, app_idx=0)\n--\n\n"
			  "Sets where the model publishes: a server each change of its state, and every period\n"
			  "seconds if that is given; a client what it sends to ADDR_PUBLISH. None: nowhere.");
static PyObject *model_publish(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"addr_or_label", "period", "ttl", "app_idx", NULL};
	PyObject *addr = NULL, *period = NULL, *ttl = NULL, *app_idx = NULL;
	struct bm_mesh_publish_args a = {.model = ((struct model_object *)self)->model};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$OOO:publish", names, &addr, &period, &ttl, &app_idx))
		return NULL;
	bm_py_value(addr, &a.addr);
	bm_py_value(period, &a.period);
	bm_py_value(ttl, &a.ttl);
	bm_py_value(app_idx, &a.app_idx);
	if (!bm_py_call(a.model->board, bm_model_set_publication, &a))
		return NULL;
	Py_RETURN_NONE;
}

static PyStructSequence_Field message_fields[] = {
	{"source", "unicast address of the sender's element"}, {"destination", "the address it was sent to"},
	{"rssi", "signal strength in dBm; None if unknown"},   {"ttl", "as received"},
	{"app_idx", "index of the application key"},           {NULL, NULL},
};

static PyStructSequence_Desc message_desc = {
	.name = "BLE_Mesh.BLE_Mesh_Message",
	.doc = "What is known of a message.",
	.fields = message_fields,
	.n_in_sequence = 5,
};

static PyObject *model_last_message(PyObject *self, void *unused)
{
	const struct bm_message *message = &((struct model_object *)self)->model->last_message;
	(void)unused;
	if (!message->received)
		Py_RETURN_NONE;
	PyObject *result = PyStructSequence_New(bm_py_state_of_type(Py_TYPE(self))->message);
	if (!result)
		return NULL;
	const bool has_rssi = message->rssi != RSSI_UNKNOWN;
	PyStructSequence_SetItem(result, 0, PyLong_FromLong(message->src));
	PyStructSequence_SetItem(result, 1, PyLong_FromLong(message->dst));
	PyStructSequence_SetItem(result, 2, has_rssi ? PyLong_FromLong(message->rssi) : Py_NewRef(Py_None));
	PyStructSequence_SetItem(result, 3, PyLong_FromLong(message->ttl));
	PyStructSequence_SetItem(result, 4, PyLong_FromLong(message->app_idx));
	return result;
}

static PyGetSetDef model_getset[] = {
	{"last_message", model_last_message, NULL,
	 "In a callback: the message behind it (source, destination, rssi, ttl, app_idx); None if there is none.",
	 NULL},
	{NULL, NULL, NULL, NULL, NULL},
};

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function)

static PyMethodDef mesh_methods[] = {
	{"init", WITH_KEYWORDS(mesh_init), METH_VARARGS | METH_KEYWORDS, init_doc},
	{"set_node_prov", WITH_KEYWORDS(mesh_set_node_prov), METH_VARARGS | METH_KEYWORDS, set_node_prov_doc},
	{"reset_node_prov", mesh_reset_node_prov, METH_NOARGS, reset_node_prov_doc},
	{"input_oob", WITH_KEYWORDS(mesh_input_oob), METH_VARARGS | METH_KEYWORDS, input_oob_doc},
	{"proxy_client", WITH_KEYWORDS(mesh_proxy_client), METH_VARARGS | METH_KEYWORDS, proxy_client_doc},
	{"create_element", WITH_KEYWORDS(mesh_create_element), METH_VARARGS | METH_KEYWORDS, create_element_doc},
	{NULL, NULL, 0, NULL},
};

static PyMethodDef element_methods[] = {
	{"add_model", WITH_KEYWORDS(element_add_model), METH_VARARGS | METH_KEYWORDS, add_model_doc},
	{NULL, NULL, 0, NULL},
};

static PyMethodDef model_methods[] = {
	{"get_state", WITH_KEYWORDS(model_get_state), METH_VARARGS | METH_KEYWORDS, get_state_doc},
	{"set_state", WITH_KEYWORDS(model_set_state), METH_VARARGS | METH_KEYWORDS, set_state_doc},
	{"status_state", WITH_KEYWORDS(model_status_state), METH_VARARGS | METH_KEYWORDS, status_state_doc},
	{"subscribe", WITH_KEYWORDS(model_subscribe), METH_VARARGS | METH_KEYWORDS, subscribe_doc},
	{"unsubscribe", WITH_KEYWORDS(model_unsubscribe), METH_VARARGS | METH_KEYWORDS, unsubscribe_doc},
	{"publish", WITH_KEYWORDS(model_publish), METH_VARARGS | METH_KEYWORDS, publish_doc},
	{NULL, NULL, 0, NULL},
};

static void dealloc(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	PyObject_Free(self);
	Py_DECREF(type);
}

PyTypeObject *bm_py_make_type(PyObject *module, const char *name, size_t size, const char *doc, PyMethodDef *methods,
			      PyGetSetDef *getset)
{
	PyType_Slot type_slots[] = {
		{Py_tp_doc, (void *)doc},
		{Py_tp_methods, methods},
		{Py_tp_dealloc, dealloc},
		{getset ? Py_tp_getset : 0, getset},
		{0, NULL},
	};
	PyType_Spec spec = {
		.name = name,
		.basicsize = (int)size,
		.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
		.slots = type_slots,
	};
	return (PyTypeObject *)PyType_FromModuleAndSpec(module, &spec, NULL);
}

static bool add_function(PyObject *module, PyObject *mesh, PyObject *name, PyMethodDef *method)
{
	PyObject *function = PyCFunction_NewEx(method, module, name);
	const bool ok = function && PyModule_AddObjectRef(mesh, method->ml_name, function) == 0;
	Py_XDECREF(function);
	return ok;
}

static int add_functions(PyObject *module, PyObject *mesh)
{
	PyObject *name = PyModule_GetNameObject(mesh);
	if (!name)
		return -1;
	bool ok = add_function(module, mesh, name, &bm_py_provisioner_function);
	for (PyMethodDef *method = mesh_methods; ok && method->ml_name; method++)
		ok = add_function(module, mesh, name, method);
	Py_DECREF(name);
	return ok ? 0 : -1;
}

int bm_py_add_mesh(PyObject *module, struct bm_py_state *state)
{
	static const struct {
		const char *name;
		int value;
	} constants[] = {
#define X(name, value) {#name, value},
		BM_MESH_CONSTANTS(X)
#undef X
	};
	state->element = bm_py_make_type(module, "BLE_Mesh.BLE_Mesh_Element", sizeof(struct element_object),
					 "An element: what create_element returns.", element_methods, NULL);
	state->model = bm_py_make_type(module, "BLE_Mesh.BLE_Mesh_Model", sizeof(struct model_object),
				       "A model: what add_model returns.", model_methods, model_getset);
	state->message = PyStructSequence_NewType(&message_desc);
	state->mesh = PyModule_New("BLE_Mesh");
	state->provisioner = bm_py_make_provisioner_type(module);
	if (!state->provisioner || !state->element || !state->model || !state->message || !state->mesh)
		return -1;
	if (PyModule_SetDocString(state->mesh, "Bluetooth Mesh: the node, its elements and its models.") < 0)
		return -1;
	for (size_t i = 0; i < BM_ARRAY_LEN(constants); i++)
		if (PyModule_AddIntConstant(state->mesh, constants[i].name, constants[i].value) < 0)
			return -1;
	if (add_functions(module, state->mesh) < 0)
		return -1;
	return PyModule_AddObjectRef(module, "BLE_Mesh", state->mesh);
}
