/*
 * The documents of a network that begins.
 */
#include "cli/network/founding.h"

#include "cli/network/document.h"
#include "cli/network/keeper.h"

/* The documents come first: a file with records and without them would be taken for something else's. */
enum bm_err bm_network_describe(struct bm_network *network, const uint8_t uuid[16])
{
	json_t *about = bm_network_about(network);
	char text[BM_DOCUMENT_UUID_LEN];
	bm_document_uuid_text(uuid, text);
	json_t *fresh = json_pack("{s:s, s:s, s:o, s:[{s:i, s:s}], s:[{s:i, s:s, s:i}], s:[], s:[]}", "meshName",
				  bm_network_name(network), "meshUUID", text, "timestamp", bm_document_of_now(),
				  "netKeys", "index", 0, "name", "Primary", "appKeys", "index", 0, "name",
				  "Application 0", "boundNetKey", 0, "provisioners", "scenes");
	json_object_update(about, fresh);
	json_decref(fresh);
	json_object_set_new(bm_document_own(about), "ivSince", bm_document_of_now());
	return bm_network_keep_about(network);
}

enum bm_err bm_network_describe_own(struct bm_network *network, const uint8_t uuid[16])
{
	char text[BM_DOCUMENT_UUID_LEN];
	bm_document_uuid_text(uuid, text);
	json_t *own = bm_document_new_node(uuid, BM_KEEPER_ADDR, 1);
	json_object_set_new(own, "name", json_string("provisioner"));
	json_object_set_new(own, "security", json_string("secure"));
	json_object_set_new(own, "configComplete", json_true());
	bm_document_add_index(own, "appKeys", 0);
	json_object_set_new(json_array_get(json_object_get(own, "elements"), 0), "models",
			    json_pack("[{s:s, s:[], s:[]}, {s:s, s:[], s:[]}, {s:s, s:[], s:[]}]", "modelId", "0000",
				      "bind", "subscribe", "modelId", "0001", "bind", "subscribe", "modelId", "0002",
				      "bind", "subscribe"));
	json_t *about = bm_network_about(network);
	json_object_set_new(about, "provisioners",
			    json_pack("[{s:s, s:s, s:[{s:s, s:s}], s:[], s:[]}]", "provisionerName", "blemesh", "UUID",
				      text, "allocatedUnicastRange", "lowAddress", "0001", "highAddress", "7FFF",
				      "allocatedGroupRange", "allocatedSceneRange"));
	enum bm_err err = bm_network_keep_about(network);
	if (!err)
		err = bm_network_keep_node(network, own);
	json_decref(own);
	return err;
}
