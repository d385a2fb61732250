/*
 * Each --model is an element; --value belongs to the element named last.
 */
#include "cli/device/device_options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run_options.h"
#include "cli/words/property.h"
#include "posix/transport.h"

#define OOB_SIZE_DEFAULT 6u
#define OOB_SIZE_MAX 8u

const char *const bm_device_kind_words[BM_DEVICE_KINDS] = {
	"onoff-server",
	"onoff-client",
	"level-server",
	"level-client",
	"sensor-server",
	"sensor-client",
	"default-transition-time-server",
};

const char bm_device_usage[] =
	"usage: blemesh node --model MODEL[,MODEL...] [options]\n"
	"\n"
	"Is a node without a script: a lamp, a switch, a sensor. It waits to be provisioned, shows what is\n"
	"done to it, and takes what is typed.\n"
	"\n"
	"  --model MODELS      the models of an element; again: of one element more.\n"
	"                      onoff-server (a lamp), onoff-client (a switch), level-server, level-client,\n"
	"                      sensor-server, sensor-client, default-transition-time-server. An OnOff and a\n"
	"                      level server of one element are bound to each other\n"
	"  --value PROPERTY=NUMBER\n"
	"                      what the element's sensor measures: temperature=21.5, people=3, 0x004f=20.\n"
	"                      Again: a property more. Values of several numbers have commas between\n"
	"  --name NAME         its name on the air (default: blemesh)\n"
	"  --uuid UUID         its Device UUID, 32 hexadecimal digits; default: a random one\n"
	"  --adv, --gatt       provisioned by advertising alone, over a connection alone (default: either)\n"
	"  --oob METHOD        how it can be authenticated; repeatable: output[:DIGITS] (it shows a number),\n"
	"                      output-text[:LETTERS], input[:DIGITS] (a number is typed here),\n"
	"                      input-text[:LETTERS], static:HEX (16 or 32 octets), only (else it refuses)\n"
	"  --relay, --proxy, --friend, --low-power\n"
	"                      features it has\n"
	"  --state DIR         what it is and knows is kept in this directory (made if it is missing; yours\n"
	"                      alone): the next time it is the same node\n"
	"  --radio RADIO       air[:NAME] (the virtual air; NAME: $BLEMESH_AIR), or a controller: hciN,\n"
	"                      h4:PATH[:BAUD], unix:PATH, tcp:HOST:PORT. Default: $BLEMESH_RADIO, else air\n"
	"  --for DURATION      stop after that time (500ms, 40s, 10m); default: until Ctrl-C\n"
	"  --pcap FILE         capture the air, or the controller's HCI (pcapng, for Wireshark)\n"
	"  --keys FILE         write its keys for Wireshark; secrets, readable by you alone\n"
	"  --trace             show messages too\n"
	"  --json              a JSON object a line\n"
	"  -h, --help          this text\n"
	"\n"
	"Typed: on, off, or Enter alone (the other of the two); a number (a level); +N, -N (a level client);\n"
	"PROPERTY=NUMBER (a sensor); get; status; reset; quit. \"2: on\" is for the second element alone.\n"
	"Clients publish what is typed: they are to be bound to a key and given a publish address first.\n"
	"\n"
	"Exit status: 0; 1 if it could not start; 2 for wrong usage.\n";

struct parse {
	struct bm_device_options *options;
	char *error;
	size_t error_len;
};

__attribute__((format(printf, 2, 3))) static bool fail(const struct parse *parse, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(parse->error, parse->error_len, format, args);
	va_end(args);
	return false;
}

bool bm_device_is_meant(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--model") == 0 || strncmp(argv[i], "--model=", 8) == 0)
			return true;
	return false;
}

static bool add_model(const struct parse *parse, const char *word, size_t len)
{
	struct bm_device_options *options = parse->options;
	const uint8_t element = (uint8_t)(options->elements - 1);
	int kind = 0;
	while (kind < BM_DEVICE_KINDS &&
	       !(strlen(bm_device_kind_words[kind]) == len && strncmp(bm_device_kind_words[kind], word, len) == 0))
		kind++;
	if (kind == BM_DEVICE_KINDS)
		return fail(parse, "--model %.*s: there is no such model here (see blemesh node --model help)",
			    (int)(len < 60 ? len : 60), word);
	for (size_t i = 0; i < options->model_count; i++)
		if (options->models[i].element == element && (int)options->models[i].kind == kind)
			return fail(parse,
				    "--model %s: an element has a model once (another --model is another element)",
				    bm_device_kind_words[kind]);
	if (options->model_count == BM_DEVICE_MODELS_MAX)
		return fail(parse, "more than %u models", BM_DEVICE_MODELS_MAX);
	options->models[options->model_count++] = (struct bm_device_model_options){.kind = (enum bm_device_kind)kind,
										   .element = element};
	return true;
}

static bool take_models(const struct parse *parse, const char *text)
{
	if (strcmp(text, "help") == 0) {
		parse->options->help = true;
		return true;
	}
	if (parse->options->elements == BM_DEVICE_ELEMENTS_MAX)
		return fail(parse, "more than %u elements", BM_DEVICE_ELEMENTS_MAX);
	parse->options->elements++;
	for (;;) {
		const size_t len = strcspn(text, ",");
		if (!add_model(parse, text, len))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}

static bool take_value(const struct parse *parse, const char *text)
{
	struct bm_device_options *options = parse->options;
	const unsigned element = options->elements ? options->elements - 1u : 0;
	struct bm_sensor *sensors = options->sensors[element];
	size_t *count = &options->sensor_count[element], len, at = 0;
	char name[80], why[400];
	const char *equals = strchr(text, '=');
	if (!equals || equals == text || (size_t)(equals - text) >= sizeof name)
		return fail(parse, "--value %.80s: expected PROPERTY=NUMBER, as in temperature=21.5", text);
	snprintf(name, sizeof name, "%.*s", (int)(equals - text), text);
	const struct bm_property *property = bm_property_of_words(name, why, sizeof why);
	if (!property)
		return fail(parse, "--value %s: %s", text, why);
	if (*count == BM_DEVICE_SENSORS_MAX)
		return fail(parse, "--value %s: more than %u properties", text, BM_DEVICE_SENSORS_MAX);
	while (at < *count && sensors[at].property_id < property->id)
		at++;
	if (at < *count && sensors[at].property_id == property->id)
		return fail(parse, "--value %s: %s has a value already", text, property->name);
	struct bm_sensor sensor = {.property_id = property->id};
	if (!bm_property_value_of_words(property, equals + 1, sensor.raw, &len, why, sizeof why))
		return fail(parse, "--value %s: %s", text, why);
	sensor.len = (uint8_t)len;
	memmove(&sensors[at + 1], &sensors[at], (*count - at) * sizeof *sensors);
	sensors[at] = sensor;
	++*count;
	return true;
}

/* Digits only; what is between pairs of a UUID is passed over. */
static bool read_hex(const char *text, uint8_t *out, size_t capacity, size_t *len)
{
	for (*len = 0; *text;) {
		if (*text == '-' || *text == ':') {
			text++;
			continue;
		}
		if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) || *len == capacity)
			return false;
		const char pair[] = {text[0], text[1], 0};
		out[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
		text += 2;
	}
	return true;
}

static bool take_static(const struct parse *parse, const char *hex)
{
	struct bm_device_options *options = parse->options;
	if (!read_hex(hex, options->static_oob, sizeof options->static_oob, &options->static_oob_len) ||
	    (options->static_oob_len != 16 && options->static_oob_len != 32))
		return fail(parse, "--oob static: expected 16 or 32 octets in hexadecimal");
	return true;
}

static bool take_oob(const struct parse *parse, const char *text)
{
	struct bm_device_options *options = parse->options;
	struct bm_prov_caps *caps = &options->caps;
	const size_t len = strcspn(text, ":");
	const char *size_text = text[len] ? text + len + 1 : NULL;
	static const char *const WORDS[] = {"output", "output-text", "input", "input-text"};
	size_t which = 0;
	if (strcmp(text, "only") == 0) {
		options->require_auth = true;
		return true;
	}
	if (len == 6 && strncmp(text, "static", 6) == 0)
		return take_static(parse, size_text ? size_text : "");
	while (which < BM_ARRAY_LEN(WORDS) && !(strlen(WORDS[which]) == len && strncmp(WORDS[which], text, len) == 0))
		which++;
	if (which == BM_ARRAY_LEN(WORDS))
		return fail(parse, "--oob %.40s: expected output, output-text, input, input-text, static:HEX or only",
			    text);
	const unsigned long size = size_text ? strtoul(size_text, NULL, 10) : OOB_SIZE_DEFAULT;
	if (size < 1 || size > OOB_SIZE_MAX ||
	    (size_text && (strlen(size_text) != 1 || !isdigit((unsigned char)*size_text))))
		return fail(parse, "--oob %.40s: it has 1 to %u digits or letters", text, OOB_SIZE_MAX);
	if (which < 2) {
		caps->output_size = (uint8_t)size;
		caps->output_actions |= (uint16_t)(1u << (which == 0 ? BM_PROV_OUTPUT_NUMERIC : BM_PROV_OUTPUT_TEXT));
	} else {
		caps->input_size = (uint8_t)size;
		caps->input_actions |= (uint16_t)(1u << (which == 2 ? BM_PROV_INPUT_NUMERIC : BM_PROV_INPUT_TEXT));
	}
	return true;
}

enum {
	OPT_MODEL = 256,
	OPT_VALUE,
	OPT_NAME,
	OPT_UUID,
	OPT_ADV,
	OPT_GATT,
	OPT_OOB,
	OPT_RELAY,
	OPT_PROXY,
	OPT_FRIEND,
	OPT_LOW_POWER,
	OPT_STATE,
	OPT_RADIO,
	OPT_FOR,
	OPT_PCAP,
	OPT_KEYS,
	OPT_TRACE,
	OPT_JSON,
};

const struct option bm_device_long_options[] = {
	{"model", required_argument, NULL, OPT_MODEL},
	{"value", required_argument, NULL, OPT_VALUE},
	{"name", required_argument, NULL, OPT_NAME},
	{"uuid", required_argument, NULL, OPT_UUID},
	{"adv", no_argument, NULL, OPT_ADV},
	{"gatt", no_argument, NULL, OPT_GATT},
	{"oob", required_argument, NULL, OPT_OOB},
	{"relay", no_argument, NULL, OPT_RELAY},
	{"proxy", no_argument, NULL, OPT_PROXY},
	{"friend", no_argument, NULL, OPT_FRIEND},
	{"low-power", no_argument, NULL, OPT_LOW_POWER},
	{"state", required_argument, NULL, OPT_STATE},
	{"radio", required_argument, NULL, OPT_RADIO},
	{"for", required_argument, NULL, OPT_FOR},
	{"pcap", required_argument, NULL, OPT_PCAP},
	{"keys", required_argument, NULL, OPT_KEYS},
	{"trace", no_argument, NULL, OPT_TRACE},
	{"json", no_argument, NULL, OPT_JSON},
	{"help", no_argument, NULL, 'h'},
	{NULL, 0, NULL, 0},
};

static bool take_radio(const struct parse *parse, const char *value, const char *from)
{
	struct bm_transport transport;
	char why[160];
	if (strcmp(value, "air") != 0 && strncmp(value, "air:", 4) != 0 &&
	    !bm_transport_parse(value, &transport, why, sizeof why))
		return fail(parse, "%s %s: %s", from, value, why);
	parse->options->radio = value;
	return true;
}

static bool take_text(const struct parse *parse, int option, const char *value)
{
	struct bm_device_options *options = parse->options;
	size_t len;
	switch (option) {
	case OPT_MODEL:
		return take_models(parse, value);
	case OPT_VALUE:
		return take_value(parse, value);
	case OPT_OOB:
		return take_oob(parse, value);
	case OPT_RADIO:
		return take_radio(parse, value, "--radio");
	case OPT_UUID:
		options->has_uuid = true;
		if (!read_hex(value, options->uuid, sizeof options->uuid, &len) || len != sizeof options->uuid)
			return fail(parse, "--uuid %.60s: expected 32 hexadecimal digits", value);
		return true;
	case OPT_FOR:
		if (!bm_duration_parse(value, &options->for_us) || options->for_us == 0)
			return fail(parse, "--for %.60s: expected a duration like 500ms, 40s or 10m", value);
		return true;
	default:
		if (value[0] == 0)
			return fail(parse, "an option's value is empty");
		*(option == OPT_NAME    ? &options->name
		  : option == OPT_STATE ? &options->state
		  : option == OPT_PCAP  ? &options->pcap
					: &options->keys) = value;
		return true;
	}
}

static bool take_option(const struct parse *parse, int option, char **argv)
{
	struct bm_device_options *options = parse->options;
	switch (option) {
	case OPT_ADV:
		options->bearers |= BM_PROV_BEARER_ADV;
		return true;
	case OPT_GATT:
		options->bearers |= BM_PROV_BEARER_GATT;
		return true;
	case OPT_RELAY:
		options->features |= BM_FEATURE_RELAY;
		return true;
	case OPT_PROXY:
		options->features |= BM_FEATURE_PROXY;
		return true;
	case OPT_FRIEND:
		options->features |= BM_FEATURE_FRIEND;
		return true;
	case OPT_LOW_POWER:
		options->features |= BM_FEATURE_LOW_POWER;
		return true;
	case OPT_TRACE:
		options->trace = true;
		return true;
	case OPT_JSON:
		options->json = true;
		return true;
	case 'h':
		options->help = true;
		return true;
	case ':':
		return fail(parse, "option %s needs a value", argv[optind - 1]);
	case '?':
		if (optopt >= OPT_MODEL)
			return fail(parse, "option %s takes no value", argv[optind - 1]);
		return fail(parse, "unknown option %s (see blemesh node --model help)", argv[optind - 1]);
	default:
		return take_text(parse, option, optarg);
	}
}

static bool check_together(const struct parse *parse)
{
	struct bm_device_options *options = parse->options;
	bool sensors[BM_DEVICE_ELEMENTS_MAX] = {false};
	if (options->elements == 0)
		return fail(parse,
			    "what is it to be? --model onoff-server, or another (see blemesh node --model help)");
	for (size_t i = 0; i < options->model_count; i++)
		sensors[options->models[i].element] |= options->models[i].kind == BM_DEVICE_SENSOR_SERVER;
	for (unsigned i = 0; i < options->elements; i++) {
		if (sensors[i] && options->sensor_count[i] == 0)
			return fail(parse, "a sensor-server needs what it measures: --value temperature=21.5");
		if (!sensors[i] && options->sensor_count[i])
			return fail(parse, "--value: the element has no sensor-server");
	}
	if ((options->features & (BM_FEATURE_LOW_POWER | BM_FEATURE_FRIEND)) ==
	    (BM_FEATURE_LOW_POWER | BM_FEATURE_FRIEND))
		return fail(parse, "--friend and --low-power do not go together: a friend has to be awake");
	if (options->require_auth && !options->static_oob_len && !options->caps.output_actions &&
	    !options->caps.input_actions)
		return fail(parse, "--oob only: there is no other --oob to authenticate by");
	if (options->name && strlen(options->name) > BM_GATT_NAME_MAX)
		return fail(parse, "--name %.40s: at most %u octets go on the air", options->name,
			    (unsigned)BM_GATT_NAME_MAX);
	return true;
}

bool bm_device_options_parse(struct bm_device_options *options, int argc, char **argv, char *error, size_t error_len)
{
	const struct parse parse = {.options = options, .error = error, .error_len = error_len};
	const char *radio = getenv("BLEMESH_RADIO");
	int option;
	*options = (struct bm_device_options){.caps = {.algorithms = BM_PROV_ALGS_CMAC | BM_PROV_ALGS_HMAC}};
	optind = 0;
	opterr = 0;
	while ((option = getopt_long(argc, argv, ":h", bm_device_long_options, NULL)) != -1)
		if (!take_option(&parse, option, argv))
			return false;
	if (options->help)
		return true;
	if (optind < argc)
		return fail(&parse, "%.60s: a node with --model takes no such argument", argv[optind]);
	if (!options->bearers)
		options->bearers = BM_PROV_BEARER_ADV | BM_PROV_BEARER_GATT;
	if (!options->name)
		options->name = "blemesh";
	if (!options->radio && !take_radio(&parse, radio && radio[0] ? radio : "air", "BLEMESH_RADIO"))
		return false;
	return check_together(&parse);
}
