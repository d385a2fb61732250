/*
 * Composition Data Page 0 (MshPRT 4.2.1.1): who made the node, what it can do, its elements and models.
 */
#include "pdu/composition.h"

#define SIG_LEN 2u
#define VENDOR_LEN 4u

void bm_composition_put_header(struct bm_writer *w, const struct bm_composition *composition)
{
	bm_put_le16(w, composition->company);
	bm_put_le16(w, composition->product);
	bm_put_le16(w, composition->version);
	bm_put_le16(w, composition->crpl);
	bm_put_le16(w, composition->features);
}

void bm_composition_put_element(struct bm_writer *w, const struct bm_composition_element *element)
{
	bm_put_le16(w, element->location);
	bm_put_u8(w, element->sig_count);
	bm_put_u8(w, element->vendor_count);
}

void bm_composition_put_model(struct bm_writer *w, const struct bm_model_id *id)
{
	if (id->vendor)
		bm_put_le16(w, id->company);
	bm_put_le16(w, id->id);
}

enum bm_err bm_composition_read(struct bm_composition *composition, const uint8_t *page0, size_t len)
{
	struct bm_reader r = bm_reader_of(page0, len);
	composition->company = bm_read_le16(&r);
	composition->product = bm_read_le16(&r);
	composition->version = bm_read_le16(&r);
	composition->crpl = bm_read_le16(&r);
	composition->features = bm_read_le16(&r);
	composition->elements = r;
	return r.failed ? BM_ERR_TOO_SHORT : BM_OK;
}

enum bm_err bm_composition_next_element(struct bm_composition *composition, struct bm_composition_element *element)
{
	struct bm_reader *r = &composition->elements;
	if (!r->failed && bm_reader_left(r) == 0)
		return BM_ERR_NOT_FOUND;
	element->location = bm_read_le16(r);
	element->sig_count = bm_read_u8(r);
	element->vendor_count = bm_read_u8(r);
	const size_t len = element->sig_count * SIG_LEN + element->vendor_count * VENDOR_LEN;
	const uint8_t *models = bm_read_octets(r, len);
	if (!models) {
		*element = (struct bm_composition_element){0};
		return BM_ERR_TOO_SHORT;
	}
	element->models = bm_reader_of(models, len);
	return BM_OK;
}

enum bm_err bm_composition_next_model(struct bm_composition_element *element, struct bm_model_id *id)
{
	struct bm_reader *r = &element->models;
	const size_t left = bm_reader_left(r);
	if (left == 0)
		return BM_ERR_NOT_FOUND;
	/* What is left beyond the vendor models' share are SIG models. */
	const bool vendor = left <= element->vendor_count * VENDOR_LEN;
	const uint16_t company = vendor ? bm_read_le16(r) : 0;
	*id = (struct bm_model_id){.vendor = vendor, .company = company, .id = bm_read_le16(r)};
	return r->failed ? BM_ERR_TOO_SHORT : BM_OK;
}
