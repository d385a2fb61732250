/*
 * SAR Configuration Server (MshPRT 4.4.15): the SAR Transmitter and SAR Receiver states of the transport as messages.
 * What is under way goes on by the new states from its next step on.
 */
#include "models/foundation/foundation_opcodes.h"
#include "models/foundation/foundation_servers.h"
#include "models/send.h"

#define STATUS_MAX 8u

/* Fields narrower than an octet stand from the least significant bit up (MshPRT 4.3.10). */
static uint8_t pair(uint8_t low, uint8_t high)
{
	return (uint8_t)((low & 0x0f) | high << 4);
}

static void put_transmitter(struct bm_writer *w, const struct bm_sar_states *sar)
{
	bm_put_u8(w, pair(sar->segment_interval_step, sar->unicast_retransmissions));
	bm_put_u8(w, pair(sar->unicast_retransmissions_without_progress, sar->unicast_retransmissions_interval_step));
	bm_put_u8(w, pair(sar->unicast_retransmissions_interval_increment, sar->multicast_retransmissions));
	bm_put_u8(w, pair(sar->multicast_retransmissions_interval_step, 0));
}

static void read_transmitter(struct bm_reader *r, struct bm_sar_states *sar)
{
	uint8_t octet = bm_read_u8(r);
	sar->segment_interval_step = octet & 0x0f;
	sar->unicast_retransmissions = octet >> 4;
	octet = bm_read_u8(r);
	sar->unicast_retransmissions_without_progress = octet & 0x0f;
	sar->unicast_retransmissions_interval_step = octet >> 4;
	octet = bm_read_u8(r);
	sar->unicast_retransmissions_interval_increment = octet & 0x0f;
	sar->multicast_retransmissions = octet >> 4;
	sar->multicast_retransmissions_interval_step = bm_read_u8(r) & 0x0f;
}

static void put_receiver(struct bm_writer *w, const struct bm_sar_states *sar)
{
	bm_put_u8(w, (uint8_t)((sar->segments_threshold & 0x1f) | sar->acknowledgment_delay_increment << 5));
	bm_put_u8(w, pair(sar->discard_timeout, sar->receiver_segment_interval_step));
	bm_put_u8(w, sar->acknowledgment_retransmissions & 3);
}

static void read_receiver(struct bm_reader *r, struct bm_sar_states *sar)
{
	uint8_t octet = bm_read_u8(r);
	sar->segments_threshold = octet & 0x1f;
	sar->acknowledgment_delay_increment = octet >> 5;
	octet = bm_read_u8(r);
	sar->discard_timeout = octet & 0x0f;
	sar->receiver_segment_interval_step = octet >> 4;
	sar->acknowledgment_retransmissions = bm_read_u8(r) & 3;
}

static void take(struct bm_model *model, struct bm_reader *params,
		 void (*read)(struct bm_reader *r, struct bm_sar_states *sar))
{
	read(params, bm_transport_sar(model->access->transport));
	bm_model_state_changed(model);
}

static void on_transmitter(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sar_states *sar = bm_transport_sar(model->access->transport);
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (rx->opcode == BM_OP_SAR_TRANSMITTER_SET)
		take(model, params, read_transmitter);
	bm_put_opcode(&w, BM_OP_SAR_TRANSMITTER_STATUS);
	put_transmitter(&w, sar);
	bm_models_answer(model, rx, &w);
}

static void on_receiver(struct bm_model *model, const struct bm_rx *rx, struct bm_reader *params)
{
	const struct bm_sar_states *sar = bm_transport_sar(model->access->transport);
	uint8_t out[STATUS_MAX];
	struct bm_writer w = bm_writer_of(out, sizeof out);
	if (rx->opcode == BM_OP_SAR_RECEIVER_SET)
		take(model, params, read_receiver);
	bm_put_opcode(&w, BM_OP_SAR_RECEIVER_STATUS);
	put_receiver(&w, sar);
	bm_models_answer(model, rx, &w);
}

static const struct bm_opcode opcodes[] = {
	{BM_OP_SAR_TRANSMITTER_GET, 0, 0, on_transmitter},
	{BM_OP_SAR_TRANSMITTER_SET, 4, 4, on_transmitter},
	{BM_OP_SAR_RECEIVER_GET, 0, 0, on_receiver},
	{BM_OP_SAR_RECEIVER_SET, 3, 3, on_receiver},
};

static void save(const struct bm_model *model, struct bm_writer *w)
{
	const struct bm_sar_states *sar = bm_transport_sar(model->access->transport);
	put_transmitter(w, sar);
	put_receiver(w, sar);
}

static enum bm_err load(struct bm_model *model, struct bm_reader *r)
{
	struct bm_sar_states sar;
	read_transmitter(r, &sar);
	read_receiver(r, &sar);
	const enum bm_err err = bm_reader_finish(r);
	if (!err)
		*bm_transport_sar(model->access->transport) = sar;
	return err;
}

static const struct bm_model_ops model_ops = {.save = save, .load = load};

void bm_sar_config_server_init(struct bm_model *model)
{
	*model = bm_foundation_server_model(0x000e, opcodes, BM_ARRAY_LEN(opcodes), &model_ops, model);
	model->persist = true;
}
