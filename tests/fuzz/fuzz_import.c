/* Mesh Configuration Databases of any JSON: what is taken is in its one form, so that taking it again changes nothing
 * and no key stays in a document; and one more provisioner finds an address that nobody has. */
#include <stdlib.h>
#include <string.h>

#include "cli/database/database.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static void check_room(struct bm_database *db)
{
	uint16_t low, high;
	bool shortened;
	if (!bm_database_make_room(db, (uint16_t)(db->device_count * 977), &low, &high, &shortened))
		return;
	if (low == 0 || low > high || high > 0x7fff)
		abort();
	for (size_t i = 0; i < db->device_count; i++)
		if (low < db->devices[i].addr + db->devices[i].elements && high >= db->devices[i].addr)
			abort();
}

/* The documents put together again. */
static void check_again(const struct bm_database *db)
{
	char error[400];
	struct bm_database again;
	json_t *whole = json_deep_copy(db->about), *entry;
	size_t i;
	json_object_set(whole, "nodes", db->nodes);
	json_object_set(whole, "groups", db->groups);
	json_array_foreach(json_object_get(whole, "netKeys"), i, entry)
	{
		if (json_object_get(entry, "key"))
			abort();
		json_object_set_new(entry, "key", json_string("00112233445566778899AABBCCDDEEFF"));
		if (db->net_keys[i].phase == 1)
			json_object_set_new(entry, "oldKey", json_string("00112233445566778899AABBCCDDEEFE"));
	}
	json_array_foreach(json_object_get(whole, "appKeys"), i, entry)
		json_object_set_new(entry, "key", json_string("00112233445566778899AABBCCDDEEFF"));
	if (!bm_database_read(whole, &again, error, sizeof error))
		abort();
	if (!json_equal(again.about, db->about) || !json_equal(again.nodes, db->nodes) ||
	    !json_equal(again.groups, db->groups))
		abort();
	bm_database_free(&again);
	json_decref(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	char error[400] = "";
	struct bm_database db;
	json_t *document = json_loadb((const char *)octets, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	if (!document)
		return 0;
	if (bm_database_read(document, &db, error, sizeof error)) {
		check_again(&db);
		check_room(&db);
		bm_database_free(&db);
	} else if (!error[0]) {
		abort();
	}
	json_decref(document);
	return 0;
}
