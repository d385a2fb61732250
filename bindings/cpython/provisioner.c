/*
 * BLE_Mesh.provisioner: arguments and results, and what its callbacks are called with.
 */
#include <math.h>

#include "binding.h"
#include "blemesh/config.h"
#include "script/provisioner.h"

/* How often wait looks, in microseconds: often enough for people, seldom enough for machines. */
#define LOOK_EVERY_US 20000u
#define RSSI_UNKNOWN 127

struct provisioner_object {
	PyObject_HEAD struct bm_board *board;
};

static _Thread_local bool in_callback;

void bm_py_set_in_callback(bool on)
{
	in_callback = on;
}

static struct bm_board *board_of(PyObject *self)
{
	return ((struct provisioner_object *)self)->board;
}

static PyObject *done(bool ok)
{
	if (!ok)
		return NULL;
	Py_RETURN_NONE;
}

/* An API call that takes callbacks. */
static bool held_call(PyObject *self, PyObject *callback, PyObject *other, bm_api_function *function, void *args)
{
	struct bm_py_state *state = bm_py_state_of_type(Py_TYPE(self));
	return bm_py_hold(state, callback, other) &&
	       bm_py_held(state, board_of(self), bm_py_call(board_of(self), function, args));
}

PyDoc_STRVAR(provisioner_doc,
	     "provisioner(*, net_key=None, app_key=None, addr=1, iv_index=0, callback=None)\n--\n\n"
	     "Makes this board the provisioner of a network of its own, and returns what it does it with.\n\n"
	     "Stands in the place of init: the elements and models created so far are the board's, bound to\n"
	     "application key 0. net_key, app_key: 16 bytes, or drawn. addr: the board's own address; the\n"
	     "nodes get those after it. callback(event, uuid, value): for what has no callback of its own.");
static PyObject *provisioner(PyObject *module, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"net_key", "app_key", "addr", "iv_index", "callback", NULL};
	struct bm_py_state *state = bm_py_state_of(module);
	PyObject *o[5] = {NULL};
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOOO:provisioner", names, &o[0], &o[1], &o[2], &o[3], &o[4]))
		return NULL;
	struct bm_board *board = bm_py_board(state);
	struct bm_provisioner_new_args a;
	bm_py_value(o[0], &a.net_key);
	bm_py_value(o[1], &a.app_key);
	bm_py_value(o[2], &a.addr);
	bm_py_value(o[3], &a.iv_index);
	bm_py_value(o[4], &a.callback);
	if (!board)
		return NULL;
	struct provisioner_object *self = PyObject_New(struct provisioner_object, state->provisioner);
	if (!self)
		return NULL;
	self->board = board;
	if (!bm_py_hold(state, o[4], NULL) ||
	    !bm_py_held(state, board, bm_py_call(board, bm_script_provisioner_new, &a))) {
		Py_DECREF(self);
		return NULL;
	}
	return (PyObject *)self;
}

PyDoc_STRVAR(start_doc, "start()\n--\n\n"
			"Looks for devices that want to be provisioned; on_device is told of each.");
static PyObject *start(PyObject *self, PyObject *unused)
{
	(void)unused;
	return done(bm_py_call(board_of(self), bm_script_provisioner_start, NULL));
}

PyDoc_STRVAR(stop_doc, "stop()\n--\n\n"
		       "Tells on_device of no more devices. What is under way goes on.");
static PyObject *stop(PyObject *self, PyObject *unused)
{
	(void)unused;
	return done(bm_py_call(board_of(self), bm_script_provisioner_stop, NULL));
}

PyDoc_STRVAR(on_device_doc, "on_device(callback)\n--\n\n"
			    "callback(uuid, rssi, oob_info) is called once for each device that wants to be\n"
			    "provisioned, and again if it was away for 30 s or was a node and was reset.\n\n"
			    "uuid: 16 bytes. rssi: in dBm, or None. oob_info: the beacon's OOB information bits.");
static PyObject *on_device(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"callback", NULL};
	PyObject *callback;
	struct bm_provisioner_callback_args a;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:on_device", names, &callback))
		return NULL;
	bm_py_value(callback, &a.callback);
	return done(held_call(self, callback, NULL, bm_script_provisioner_on_device, &a));
}

PyDoc_STRVAR(add_app_key_doc, "add_app_key(app_idx, key=None)\n--\n\n"
			      "Adds an application key to the network: 16 bytes, or drawn. Key 0 is there already.\n\n"
			      "The board's own models are bound to it; configure(..., app_idx=) gives it to nodes.");
static PyObject *add_app_key(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"app_idx", "key", NULL};
	PyObject *app_idx, *key = NULL;
	struct bm_provisioner_key_args a;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|O:add_app_key", names, &app_idx, &key))
		return NULL;
	bm_py_value(app_idx, &a.app_idx);
	bm_py_value(key, &a.key);
	return done(bm_py_call(board_of(self), bm_script_provisioner_add_app_key, &a));
}

PyDoc_STRVAR(provision_doc,
	     "provision(uuid, *, oob=None, addr=None, require_auth=False, public_key=None, attention=0, "
	     "callback=None)\n--\n\n"
	     "Provisions a device that was heard. Returns at once; wait(uuid) waits for the end.\n\n"
	     "oob: how the device is authenticated. None: not at all. bytes: its static value. An int or a\n"
	     "str: what it outputs. \"blinks\": its LED is watched and the blinks are counted. A function\n"
	     "oob(action, value): is called when a person is needed: with value None it returns what the\n"
	     "device outputs (or None, and input_oob hands it over later); else value is what must be\n"
	     "entered at the device. action says how, in words.\n"
	     "addr: the address; None: the next free one. require_auth: a device that offers no\n"
	     "authentication is refused. public_key: the device's own, known out of band (64 bytes, X and Y).\n"
	     "attention: seconds for which the device draws attention to itself.\n"
	     "callback(event, uuid, value): DEVICE_LINK_EVT, DEVICE_AUTH_EVT with the method in words, then\n"
	     "DEVICE_PROVISIONED_EVT with the address or DEVICE_FAILED_EVT with the reason.");
static PyObject *provision(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"uuid", "oob", "addr", "require_auth", "public_key", "attention", "callback", NULL};
	PyObject *o[7] = {NULL};
	struct bm_provisioner_provision_args a;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOOO:provision", names, &o[0], &o[1], &o[2], &o[3], &o[4],
					 &o[5], &o[6]))
		return NULL;
	bm_py_value(o[0], &a.uuid);
	bm_py_value(o[1], &a.oob);
	bm_py_value(o[2], &a.addr);
	bm_py_value(o[3], &a.require_auth);
	bm_py_value(o[4], &a.public_key);
	bm_py_value(o[5], &a.attention);
	bm_py_value(o[6], &a.callback);
	PyObject *ask = a.oob.kind == BM_VALUE_CALLABLE ? o[1] : NULL;
	return done(held_call(self, o[6], ask, bm_script_provisioner_provision, &a));
}

PyDoc_STRVAR(input_oob_doc, "input_oob(uuid, oob)\n--\n\n"
			    "Hands over what a device outputs, if the oob function returned None.");
static PyObject *input_oob(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"uuid", "oob", NULL};
	PyObject *uuid, *oob;
	struct bm_provisioner_oob_args a;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO:input_oob", names, &uuid, &oob))
		return NULL;
	bm_py_value(uuid, &a.uuid);
	bm_py_value(oob, &a.value);
	return done(bm_py_call(board_of(self), bm_script_provisioner_input_oob, &a));
}

/* None, one value, or a list or tuple of values; *kept holds them for as long as they are needed. */
static bool take_list(PyObject *object, const char *name, struct bm_provisioner_list *out, PyObject **kept)
{
	out->given = object && object != Py_None;
	out->count = 0;
	*kept = NULL;
	if (!out->given)
		return true;
	if (!PyList_Check(object) && !PyTuple_Check(object)) {
		bm_py_value(object, &out->values[out->count++]);
		return true;
	}
	*kept = PySequence_Tuple(object);
	if (!*kept)
		return false;
	const Py_ssize_t count = PyTuple_GET_SIZE(*kept);
	if (count > (Py_ssize_t)BM_PROVISIONER_LIST_MAX) {
		PyErr_Format(PyExc_ValueError, "%s: %u at a time, not %zd", name, BM_PROVISIONER_LIST_MAX, count);
		Py_CLEAR(*kept);
		return false;
	}
	for (Py_ssize_t i = 0; i < count; i++)
		bm_py_value(PyTuple_GET_ITEM(*kept, i), &out->values[out->count++]);
	return true;
}

PyDoc_STRVAR(configure_doc,
	     "configure(node, *, app_idx=0, bind=None, element=None, subscribe=None, publish=None, period=None, "
	     "publish_ttl=None, ttl=None, relay=None, beacon=None, callback=None)\n--\n\n"
	     "Configures a node: an address or a UUID. Returns at once; wait(node) waits for the end.\n\n"
	     "Reads its composition, gives it application key app_idx and binds to it the models in bind: one\n"
	     "identifier or a list (0x1000; a vendor's 0xCCCCMMMM). None: all that can be; []: none, and no\n"
	     "key is given. element: of this element alone, counted from 0.\n"
	     "subscribe: a group address or a label of 16 bytes, or a list of them. publish: where to; with\n"
	     "period in seconds and publish_ttl. Both are for the models in bind. ttl, relay, beacon: the\n"
	     "node's default TTL, whether it relays, whether it sends Secure Network beacons.\n"
	     "callback(event, uuid, value): NODE_STEP_EVT with what was done in words, then\n"
	     "NODE_CONFIGURED_EVT with the address or NODE_FAILED_EVT with the reason: the first thing that\n"
	     "the node refused; what came after that was done all the same.");
static PyObject *configure(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"node",        "app_idx", "bind",  "element", "subscribe", "publish", "period",
				"publish_ttl", "ttl",     "relay", "beacon",  "callback",  NULL};
	PyObject *o[12] = {NULL}, *kept[2] = {NULL};
	struct bm_provisioner_configure_args a;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$OOOOOOOOOOO:configure", names, &o[0], &o[1], &o[2], &o[3],
					 &o[4], &o[5], &o[6], &o[7], &o[8], &o[9], &o[10], &o[11]))
		return NULL;
	bm_py_value(o[0], &a.node);
	bm_py_value(o[1], &a.app_idx);
	bm_py_value(o[3], &a.element);
	bm_py_value(o[5], &a.publish);
	bm_py_value(o[6], &a.period);
	bm_py_value(o[7], &a.publish_ttl);
	bm_py_value(o[8], &a.ttl);
	bm_py_value(o[9], &a.relay);
	bm_py_value(o[10], &a.beacon);
	bm_py_value(o[11], &a.callback);
	const bool ok = take_list(o[2], "bind", &a.bind, &kept[0]) &&
			take_list(o[4], "subscribe", &a.subscribe, &kept[1]) &&
			held_call(self, o[11], NULL, bm_script_provisioner_configure, &a);
	Py_XDECREF(kept[0]);
	Py_XDECREF(kept[1]);
	return done(ok);
}

static PyObject *node_call(PyObject *self, PyObject *node, PyObject *callback, bm_api_function *function)
{
	struct bm_provisioner_node_args a;
	bm_py_value(node, &a.node);
	bm_py_value(callback, &a.callback);
	return done(held_call(self, callback, NULL, function, &a));
}

PyDoc_STRVAR(reset_node_doc,
	     "reset_node(node, *, callback=None)\n--\n\n"
	     "Tells a node to forget the network. Returns at once; wait(node) waits for the end.\n\n"
	     "callback(event, uuid, value): NODE_RESET_EVT, or NODE_FAILED_EVT with the reason if it does not\n"
	     "answer.");
static PyObject *reset_node(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"node", "callback", NULL};
	PyObject *node, *callback = NULL;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:reset_node", names, &node, &callback))
		return NULL;
	return node_call(self, node, callback, bm_script_provisioner_reset_node);
}

PyDoc_STRVAR(remove_node_doc, "remove_node(node)\n--\n\n"
			      "Forgets a node that is gone for good; nothing is sent to it.");
static PyObject *remove_node(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"node", NULL};
	PyObject *node;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:remove_node", names, &node))
		return NULL;
	return node_call(self, node, NULL, bm_script_provisioner_remove_node);
}

PyDoc_STRVAR(cancel_doc, "cancel(node)\n--\n\n"
			 "Ends the provisioning (give its UUID) or configuration that is under way.");
static PyObject *cancel(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"node", NULL};
	PyObject *node;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:cancel", names, &node))
		return NULL;
	return node_call(self, node, NULL, bm_script_provisioner_cancel);
}

/* Seconds from now; None: for ever. False and an exception if it is no time. */
static bool take_timeout(struct bm_board *board, PyObject *timeout, bm_time *until)
{
	*until = BM_TIME_NEVER;
	if (!timeout || timeout == Py_None)
		return true;
	const double seconds = PyFloat_AsDouble(timeout);
	if (PyErr_Occurred())
		return false;
	if (!isfinite(seconds) || seconds < 0 || seconds > 1e9) {
		PyErr_SetString(PyExc_ValueError, "timeout must be None or 0 to 1e9 seconds");
		return false;
	}
	*until = bm_runtime_now(board->rt) + (uint64_t)ceil(seconds * 1e6);
	return true;
}

PyDoc_STRVAR(wait_doc,
	     "wait(node=None, timeout=None)\n--\n\n"
	     "Waits for the end of what was asked for of a device (a UUID or an address) and returns its address.\n\n"
	     "RuntimeError with the reason if that failed, TimeoutError if it takes longer than timeout seconds.\n"
	     "Without a node: waits until nothing is under way, and returns None.");
static PyObject *wait_for(PyObject *self, PyObject *args, PyObject *kwargs)
{
	static char *names[] = {"node", "timeout", NULL};
	struct bm_board *board = board_of(self);
	PyObject *node = NULL, *timeout = NULL;
	struct bm_provisioner_outcome_args a;
	bm_time until;
	if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:wait", names, &node, &timeout) ||
	    !take_timeout(board, timeout, &until))
		return NULL;
	bm_py_value(node, &a.node);
	for (;;) {
		if (!bm_py_call(board, bm_script_provisioner_outcome, &a))
			return NULL;
		if (a.done || a.failed)
			break;
		if (in_callback && a.asks) {
			PyErr_SetString(PyExc_RuntimeError,
					"wait: the oob function would never be called, for it waits for this callback");
			return NULL;
		}
		const bm_time now = bm_runtime_now(board->rt);
		if (now >= until) {
			PyErr_SetString(PyExc_TimeoutError, "it takes longer than that");
			return NULL;
		}
		if (!bm_py_sleep_until(board, until - now < LOOK_EVERY_US ? until : now + LOOK_EVERY_US))
			return NULL;
		if (PyErr_CheckSignals() < 0)
			return NULL;
	}
	if (a.failed) {
		PyErr_SetString(PyExc_RuntimeError, a.text);
		return NULL;
	}
	if (a.addr == BM_ADDR_UNASSIGNED || a.node.kind == BM_VALUE_ABSENT || a.node.kind == BM_VALUE_NONE)
		Py_RETURN_NONE;
	return PyLong_FromLong(a.addr);
}

static PyObject *models_of(struct bm_composition_element *element)
{
	PyObject *list = PyList_New(0);
	struct bm_model_id id;
	while (list && bm_composition_next_model(element, &id) == BM_OK) {
		PyObject *number = PyLong_FromUnsignedLong(id.vendor ? (unsigned long)id.company << 16 | id.id : id.id);
		if (!number || PyList_Append(list, number) < 0)
			Py_CLEAR(list);
		Py_XDECREF(number);
	}
	return list;
}

/* A list of elements: address, location, models. */
static PyObject *elements_of(const struct bm_node_view *view, struct bm_composition *composition)
{
	PyObject *list = PyList_New(0);
	struct bm_composition_element element;
	long addr = view->addr;
	while (list && bm_composition_next_element(composition, &element) == BM_OK) {
		PyObject *item = Py_BuildValue("{s:l,s:i,s:N}", "addr", addr++, "location", (int)element.location,
					       "models", models_of(&element));
		if (!item || PyList_Append(list, item) < 0)
			Py_CLEAR(list);
		Py_XDECREF(item);
	}
	return list;
}

static PyObject *composition_of(const struct bm_node_view *view)
{
	struct bm_composition c;
	if (view->page0_len == 0 || bm_composition_read(&c, view->page0, view->page0_len) != BM_OK)
		Py_RETURN_NONE;
	return Py_BuildValue("{s:i,s:i,s:i,s:i,s:i,s:N}", "company", c.company, "product", c.product, "version",
			     c.version, "crpl", c.crpl, "feature", c.features, "elements", elements_of(view, &c));
}

PyDoc_STRVAR(nodes_doc,
	     "nodes()\n--\n\n"
	     "The nodes that were provisioned, as a list of dicts.\n\n"
	     "uuid, addr, elements (how many), configured, and composition: None until configure has read it,\n"
	     "then a dict of company, product, version, crpl, feature (ORed as for create_element) and\n"
	     "elements: a list of dicts of addr, location and models (identifiers as configure takes them).");
static PyObject *nodes(PyObject *self, PyObject *unused)
{
	struct bm_provisioner_nodes_args a;
	(void)unused;
	if (!bm_py_call(board_of(self), bm_script_provisioner_nodes, &a))
		return NULL;
	PyObject *list = PyList_New(0);
	for (size_t i = 0; list && i < a.count; i++) {
		const struct bm_node_view *view = &a.nodes[i];
		PyObject *node = Py_BuildValue("{s:y#,s:i,s:i,s:O,s:N}", "uuid", (const char *)view->uuid,
					       (Py_ssize_t)sizeof view->uuid, "addr", view->addr, "elements",
					       view->elements, "configured", view->configured ? Py_True : Py_False,
					       "composition", composition_of(view));
		if (!node || PyList_Append(list, node) < 0)
			Py_CLEAR(list);
		Py_XDECREF(node);
	}
	free(a.nodes);
	return list;
}

static PyObject *uuid_of(const struct bm_callback *callback)
{
	return PyBytes_FromStringAndSize((const char *)callback->uuid, sizeof callback->uuid);
}

static PyObject *state_of(const struct bm_callback *callback)
{
	return callback->state.kind == BM_VALUE_TEXT ? PyUnicode_FromString(callback->text)
						     : bm_py_object(&callback->state);
}

/* With an exception set: it is reported, and the attempt given up. */
static void oob_failed(struct bm_board *board, struct bm_provisioner_oob_args *args)
{
	bm_py_report_exception(board);
	if (!bm_py_call(board, bm_script_provisioner_oob_failed, args))
		PyErr_Clear(); /* it has ended meanwhile */
}

static void call_oob(struct bm_board *board, const struct bm_callback *callback)
{
	PyObject *uuid = uuid_of(callback);
	PyObject *result = PyObject_CallFunction(callback->function, "sN", callback->action, state_of(callback));
	struct bm_provisioner_oob_args a;
	bm_py_value(uuid, &a.uuid);
	if (!result)
		oob_failed(board, &a);
	else if (callback->state.kind == BM_VALUE_NONE && result != Py_None) {
		bm_py_value(result, &a.value);
		if (!bm_py_call(board, bm_script_provisioner_input_oob, &a))
			oob_failed(board, &a);
	}
	Py_XDECREF(result);
	Py_XDECREF(uuid);
}

void bm_py_call_provisioner(struct bm_board *board, const struct bm_callback *callback)
{
	PyObject *result = NULL;
	if (callback->kind == BM_CALLBACK_OOB) {
		call_oob(board, callback);
		return;
	}
	if (callback->kind == BM_CALLBACK_DEVICE) {
		const bool has_rssi = callback->message.rssi != RSSI_UNKNOWN;
		PyObject *rssi = has_rssi ? PyLong_FromLong(callback->message.rssi) : Py_NewRef(Py_None);
		result = PyObject_CallFunction(callback->function, "NNi", uuid_of(callback), rssi, callback->event);
	} else {
		result = PyObject_CallFunction(callback->function, "iNN", callback->event, uuid_of(callback),
					       state_of(callback));
	}
	if (!result)
		bm_py_report_exception(board);
	Py_XDECREF(result);
}

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_VARARGS | METH_KEYWORDS

static PyMethodDef methods[] = {
	{"start", start, METH_NOARGS, start_doc},
	{"stop", stop, METH_NOARGS, stop_doc},
	{"on_device", WITH_KEYWORDS(on_device), on_device_doc},
	{"add_app_key", WITH_KEYWORDS(add_app_key), add_app_key_doc},
	{"provision", WITH_KEYWORDS(provision), provision_doc},
	{"input_oob", WITH_KEYWORDS(input_oob), input_oob_doc},
	{"configure", WITH_KEYWORDS(configure), configure_doc},
	{"reset_node", WITH_KEYWORDS(reset_node), reset_node_doc},
	{"remove_node", WITH_KEYWORDS(remove_node), remove_node_doc},
	{"cancel", WITH_KEYWORDS(cancel), cancel_doc},
	{"wait", WITH_KEYWORDS(wait_for), wait_doc},
	{"nodes", nodes, METH_NOARGS, nodes_doc},
	{NULL, NULL, 0, NULL},
};

PyMethodDef bm_py_provisioner_function = {"provisioner", WITH_KEYWORDS(provisioner), provisioner_doc};

PyTypeObject *bm_py_make_provisioner_type(PyObject *module)
{
	return bm_py_make_type(module, "BLE_Mesh.BLE_Mesh_Provisioner", sizeof(struct provisioner_object),
			       "The provisioner of a network: what provisioner returns.", methods, NULL);
}
