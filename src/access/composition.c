/*
 * This node's Composition Data Page 0, made from its tables.
 */
#include "pdu/composition.h"
#include "access/access.h"

static void put_models(struct bm_writer *w, const struct bm_access *access, const struct bm_element *element,
		       bool vendor)
{
	for (size_t i = 0; i < element->model_count; i++) {
		const struct bm_model *model = access->models[element->first_model + i];
		if (model->id.vendor == vendor)
			bm_composition_put_model(w, &model->id);
	}
}

static struct bm_composition_element describe(const struct bm_access *access, const struct bm_element *element)
{
	struct bm_composition_element description = {.location = element->location};
	for (size_t i = 0; i < element->model_count; i++) {
		if (access->models[element->first_model + i]->id.vendor)
			description.vendor_count++;
		else
			description.sig_count++;
	}
	return description;
}

enum bm_err bm_access_composition_page0(const struct bm_access *access, uint8_t *out, size_t capacity, size_t *len)
{
	struct bm_writer w = bm_writer_of(out, capacity);
	const struct bm_composition header = {
		.company = access->identity.company,
		.product = access->identity.product,
		.version = access->identity.version,
		.crpl = access->limits.rpl,
		.features = access->identity.features,
	};
	bm_composition_put_header(&w, &header);
	for (size_t i = 0; i < access->element_count; i++) {
		const struct bm_element *element = &access->elements[i];
		const struct bm_composition_element description = describe(access, element);
		bm_composition_put_element(&w, &description);
		put_models(&w, access, element, false);
		put_models(&w, access, element, true);
	}
	return bm_writer_finish(&w, len);
}
