/*
 * Large Composition Data Server (MshPRT 4.4.21): Composition Data pages and models' metadata in pieces, for nodes whose
 * pages do not fit into one message.
 */
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "models/send.h"

/* Of a status: opcode, page, offset and total size. */
#define HEAD_LEN 7u

typedef size_t (*put_page)(const struct bm_access *access, uint8_t page, size_t offset, size_t room,
			   struct bm_writer *w);

static void answer(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params, uint32_t opcode,
		   uint8_t (*page_of)(const struct bm_access *access, uint8_t asked), put_page put)
{
	const uint8_t page = page_of(model->access, bm_read_u8(params));
	const uint16_t offset = bm_read_le16(params);
	uint8_t piece[BM_ACCESS_MAX - HEAD_LEN];
	struct bm_writer p = bm_writer_of(piece, sizeof piece);
	const size_t total = put(model->access, page, offset, sizeof piece, &p);
	uint8_t out[BM_ACCESS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, opcode);
	bm_put_u8(&w, page);
	bm_put_le16(&w, offset);
	bm_put_le16(&w, (uint16_t)total);
	bm_put_octets(&w, piece, bm_writer_len(&p));
	bm_models_answer(model, rx, &w);
}

static void composition_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	answer(model, rx, params, BM_OP_LARGE_COMPOSITION_DATA_STATUS, bm_access_composition_page_of,
	       bm_access_put_composition);
}

/* Pages 0 and 128, the one there is and the one there would be: the same as long as the node stays what it is. */
static uint8_t metadata_page_of(const struct bm_access *access, uint8_t asked)
{
	(void)access;
	return asked >= 128 ? 128 : 0;
}

static void metadata_get(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	answer(model, rx, params, BM_OP_MODELS_METADATA_STATUS, metadata_page_of, bm_access_put_metadata);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_LARGE_COMPOSITION_DATA_GET, 3, 3, composition_get},
	{BM_OP_MODELS_METADATA_GET, 3, 3, metadata_get},
};

void bm_large_composition_server_init(struct bm_model *model, struct bm_model *config_server)
{
	*model = bm_foundation_server_model(0x0012, opcodes, BM_ARRAY_LEN(opcodes), NULL, model);
	model->extends = config_server; /* MshPRT 4.4.21.1 */
}
