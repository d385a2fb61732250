/*
 * `blemesh import`: makes a network of a Mesh Configuration Database, with a node of our own in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/env.h"
#include "cli/commands/commands.h"
#include "cli/commands/database.h"
#include "cli/commands/options.h"
#include "cli/database/transfer.h"

static const char USAGE[] =
	"usage: blemesh import [options] FILE|-\n\n"
	"Makes a network of a Mesh Configuration Database (the JSON that phone apps export). A network is never "
	"changed by\n"
	"it: NAME must be a new one. Our node in it is a new provisioner, with an address that nobody has or had, from "
	"a\n"
	"range of its own: export the network afterwards and import that where it came from, so that all know.\n\n"
	"  --network NAME      how the network is called here; default: $BLEMESH_NETWORK, else \"default\"\n"
	"  --iv NUMBER         the network's IV index. The database does not carry it; blemesh's does. Where it is "
	"missing,\n"
	"                      the network's beacons tell, if it is not more than 42 ahead of what is known\n"
	"  --json              for programs: what was imported, as one JSON document\n";

enum { OPTION_IV = BM_OPTION_OWN };
const struct option bm_import_options[] = {{"iv", required_argument, NULL, OPTION_IV}, BM_SHARED_OPTIONS, {0}};

struct importing {
	struct bm_options options;
	struct bm_database db;
	struct bm_database_own own;
	bool has_iv, shortened;
	uint32_t iv_index;
};

static char *grown(char *text, size_t room)
{
	char *larger = realloc(text, room);
	if (!larger)
		abort();
	return larger;
}

static json_t *parse(struct importing *i, const char *path, const char *text, size_t len)
{
	static const char MARK[] = "\xef\xbb\xbf"; /* of UTF-8: some apps put it in front */
	const size_t skip = len >= 3 && memcmp(text, MARK, 3) == 0 ? 3 : 0;
	json_error_t why;
	json_t *document = json_loadb(text + skip, len - skip, JSON_REJECT_DUPLICATES, &why);
	if (document)
		return document;
	/* It tells what is there, which may be anything. */
	for (char *c = why.text; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	bm_failed(&i->options, "%s, line %d: it is no JSON (%s)", path, why.line, why.text);
	return NULL;
}

static json_t *load(struct importing *i, const char *path)
{
	const bool is_stdin = strcmp(path, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(path, "rbe");
	if (!file) {
		bm_failed(&i->options, "%s: %s", path, strerror(errno));
		return NULL;
	}
	size_t len = 0, room = 1 << 16;
	char *text = malloc(room);
	while (text && len < BM_DATABASE_OCTETS_MAX) {
		const size_t got = fread(text + len, 1, room - len, file);
		len += got;
		if (got == 0)
			break;
		if (len == room)
			text = grown(text, room *= 2);
	}
	json_t *document = NULL;
	if (!text)
		bm_failed(&i->options, "out of memory");
	else if (ferror(file))
		bm_failed(&i->options, "%s: %s", path, strerror(errno));
	else if (len >= BM_DATABASE_OCTETS_MAX)
		bm_failed(&i->options, "%s: larger than any network's database", path);
	else
		document = parse(i, path, text, len);
	if (text)
		bm_wipe(text, room);
	free(text);
	if (!is_stdin)
		fclose(file);
	return document;
}

static bool make_own(struct importing *i)
{
	struct bm_database_own *own = &i->own;
	uint16_t random;
	if (getrandom(&random, sizeof random, 0) != sizeof random ||
	    getrandom(own->uuid, sizeof own->uuid, 0) != sizeof own->uuid ||
	    getrandom(own->dev_key, sizeof own->dev_key, 0) != sizeof own->dev_key) {
		bm_failed(&i->options, "no random numbers: %s", strerror(errno));
		return false;
	}
	/* A UUID of random numbers (RFC 4122 4.4). */
	own->uuid[6] = (uint8_t)((own->uuid[6] & 0x0f) | 0x40);
	own->uuid[8] = (uint8_t)((own->uuid[8] & 0x3f) | 0x80);
	own->iv_index = i->has_iv ? i->iv_index : i->db.has_iv ? i->db.iv_index : i->db.least_iv;
	own->iv_assumed = !i->has_iv && !i->db.has_iv;
	own->iv_update = !i->has_iv && i->db.has_iv && i->db.iv_update && own->iv_index > 0;
	if (bm_database_make_room(&i->db, random, &own->addr, &own->last_addr, &i->shortened))
		return true;
	bm_failed(&i->options, "no unicast address is left in this network for one more provisioner");
	return false;
}

static size_t without_device_key(const struct bm_database *db)
{
	size_t count = 0;
	for (size_t n = 0; n < db->device_count; n++)
		count += !db->devices[n].has_key;
	return count;
}

static void warn(const struct importing *i)
{
	const json_t *warning;
	size_t n;
	json_array_foreach(i->db.warnings, n, warning)
		fprintf(stderr, "blemesh import: %s\n", json_string_value(warning));
	if (i->db.more_warnings)
		fprintf(stderr, "blemesh import: and %zu more like these\n", i->db.more_warnings);
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

static int say(const struct importing *i)
{
	const struct bm_database *db = &i->db;
	const size_t closed = without_device_key(db);
	const char *name = json_string_value(json_object_get(db->about, "meshName"));
	if (i->options.json) {
		json_t *made = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:O}", "network",
					 i->options.network, "meshName", name ? name : "", "address",
					 json_sprintf("%04X", i->own.addr), "nodes", (json_int_t)db->device_count,
					 "groups", (json_int_t)json_array_size(db->groups), "netKeys",
					 (json_int_t)db->net_key_count, "appKeys", (json_int_t)db->app_key_count,
					 "withoutDeviceKey", (json_int_t)closed, "ivIndex", (json_int_t)i->own.iv_index,
					 "ivIndexKnown", i->has_iv || db->has_iv, "warnings", db->warnings);
		bm_print_json(made);
		return bm_shown(&i->options);
	}
	printf("network %s: %zu node%s, %zu group%s, %zu network key%s, %zu application key%s\n", i->options.network,
	       db->device_count, plural(db->device_count), json_array_size(db->groups),
	       plural(json_array_size(db->groups)), db->net_key_count, plural(db->net_key_count), db->app_key_count,
	       plural(db->app_key_count));
	printf("our node is a provisioner of its own at 0x%04x, and gives out addresses up to 0x%04x\n", i->own.addr,
	       i->own.last_addr);
	if (i->shortened)
		printf("no range was free: another provisioner's, which it had not used up, is shortened by ours. Give "
		       "it "
		       "this network's export\n");
	if (closed)
		printf("%zu node%s came without device key: not to be configured from here\n", closed, plural(closed));
	if (i->own.iv_assumed)
		printf("the IV index is not in the file: %" PRIu32
		       " is assumed until the network shows it; the first command that speaks waits for that\n",
		       i->own.iv_index);
	return bm_shown(&i->options);
}

static int fill(struct importing *i)
{
	struct bm_network *network = bm_options_network(&i->options, true);
	if (!network)
		return BM_STATUS_FAILED;
	if (!bm_network_is_new(network)) {
		bm_network_close(network);
		return bm_failed(&i->options,
				 "network %s is there already (give the import another name with --network)",
				 i->options.network);
	}
	const enum bm_err err = bm_database_import(network, &i->db, &i->own);
	if (err)
		bm_network_drop(network);
	bm_network_close(network);
	return err ? bm_failed(&i->options, "the network could not be written: %s", bm_err_text(err)) : say(i);
}

static int run(struct importing *i, const char *path)
{
	char error[400];
	json_t *document = load(i, path);
	if (!document)
		return BM_STATUS_FAILED;
	const bool good = bm_database_read(document, &i->db, error, sizeof error);
	json_decref(document);
	if (!good)
		return bm_failed(&i->options, "%s: %s", path, error);
	warn(i);
	const int status = make_own(i) ? fill(i) : BM_STATUS_FAILED;
	bm_database_free(&i->db);
	return status;
}

int bm_command_import(int argc, char **argv, char **whole)
{
	struct importing i = {.options = {.command = "import", .usage = USAGE}};
	(void)whole;
	while (bm_options_next(&i.options, argc, argv, "", bm_import_options) == OPTION_IV) {
		i.has_iv = bm_number_parse(optarg, 0, UINT32_MAX, &i.iv_index);
		if (!i.has_iv)
			bm_wrong(&i.options, "--iv %s: expected a number", optarg);
	}
	if (i.options.over)
		return i.options.status;
	if (argc - optind != 1)
		return bm_wrong(&i.options, "expected one file (see blemesh import --help)");
	const int status = run(&i, argv[optind]);
	bm_wipe(&i.own, sizeof i.own);
	return status;
}
