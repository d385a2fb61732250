/*
 * On-Demand Private Proxy Server and Solicitation PDU RPL Configuration Server (MshPRT 4.4.13, 4.4.23): for how long a
 * solicited node advertises as a private proxy, and whose solicitations it forgets to have seen.
 */
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "models/send.h"

#define STATUS_MAX 8u

static void on_demand(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_on_demand_proxy_server *server = model->self;
	if (rx->opcode == BM_OP_ON_DEMAND_PRIVATE_PROXY_SET &&
	    bm_proxy_set_on_demand(server->proxy, bm_read_u8(params)) == BM_OK)
		bm_model_state_changed(model);
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_ON_DEMAND_PRIVATE_PROXY_STATUS);
	bm_put_u8(&w, bm_proxy_on_demand(server->proxy));
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode on_demand_opcodes[] = {
	{BM_OP_ON_DEMAND_PRIVATE_PROXY_GET, 0, 0, on_demand},
	{BM_OP_ON_DEMAND_PRIVATE_PROXY_SET, 1, 1, on_demand},
};

static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_on_demand_proxy_server *server = model->self;
	bm_put_u8(w, bm_proxy_on_demand(server->proxy));
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_on_demand_proxy_server *server = model->self;
	const uint8_t seconds = bm_read_u8(r);
	const enum bm_err err = bm_reader_finish(r);
	if (!err)
		server->kept = seconds;
	return err;
}

/* The proxy lives from now on. One that is supported no longer refuses. */
static void handle_started(struct bm_model *model, bm_time now)
{
	const struct bm_on_demand_proxy_server *server = model->self;
	(void)now;
	if (server->kept) {
		const enum bm_err ignored = bm_proxy_set_on_demand(server->proxy, server->kept);
		(void)ignored;
	}
}

static const struct bm_model_ops model_ops = {.started = handle_started, .save = save, .load = load};

/* A unicast address range: the address, with LengthPresent in bit 0, and its length if that is more than one
 * (MshPRT 3.4.2.2.1). */
static bool read_range(struct bm_reader *r, uint16_t *first, uint8_t *count)
{
	const uint16_t word = bm_read_le16(r);
	*first = word >> 1;
	*count = word & 1 ? bm_read_u8(r) : 1;
	return bm_reader_finish(r) == BM_OK && bm_addr_is_unicast(*first) && (*count >= 2 || !(word & 1)) &&
	       *first + *count - 1 <= 0x7fff;
}

static void clear_items(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_on_demand_proxy_server *server = model->self;
	const struct bm_reader whole = *params;
	uint16_t first;
	uint8_t count;
	if (!read_range(params, &first, &count)) {
		bm_models_drop(model, BM_DROP_BAD_VALUE, &whole);
		return;
	}
	bm_proxy_clear_solicitations(server->proxy, first, count);
	if (rx->opcode == BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR_UNACK)
		return;
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_put_opcode(&w, BM_OP_SOLICITATION_PDU_RPL_ITEMS_STATUS);
	bm_put_octets(&w, whole.at, bm_reader_left(&whole));
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode rpl_opcodes[] = {
	{BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR, 2, 3, clear_items},
	{BM_OP_SOLICITATION_PDU_RPL_ITEMS_CLEAR_UNACK, 2, 3, clear_items},
};

void bm_on_demand_proxy_server_init(struct bm_on_demand_proxy_server *server, struct bm_proxy *proxy,
				    struct bm_model *private_beacon)
{
	server->model = bm_foundation_server_model(0x000c, on_demand_opcodes, BM_ARRAY_LEN(on_demand_opcodes),
						   &model_ops, server);
	server->model.persist = true;
	server->model.extends = private_beacon;
	server->solicitation_rpl = bm_foundation_server_model(0x0014, rpl_opcodes, BM_ARRAY_LEN(rpl_opcodes), NULL,
							      server);
	/* MshPRT 4.4.23: bound to an application key, for those who solicit need not hold the device key. */
	server->solicitation_rpl.dev_key = false;
	server->solicitation_rpl.own_dev_key_only = false;
	server->solicitation_rpl.corresponds = &server->model;
	server->proxy = proxy;
	server->kept = 0;
}
