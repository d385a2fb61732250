/*
 * Any octets as Composition Data Page 0: what can be read whole is written back the same.
 */
#include <string.h>

#include "pdu/composition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[512];
	struct bm_composition composition;
	if (size > sizeof out || bm_composition_read(&composition, data, size))
		return 0;
	struct bm_writer w = bm_writer_of(out, sizeof out);
	bm_composition_put_header(&w, &composition);
	struct bm_composition_element element;
	enum bm_err err;
	while (!(err = bm_composition_next_element(&composition, &element))) {
		bm_composition_put_element(&w, &element);
		struct bm_model_id id;
		size_t models = 0;
		for (; !bm_composition_next_model(&element, &id); models++)
			bm_composition_put_model(&w, &id);
		if (models != (size_t)element.sig_count + element.vendor_count)
			__builtin_trap();
	}
	if (err == BM_ERR_NOT_FOUND && (w.failed || bm_writer_len(&w) != size || memcmp(out, data, size) != 0))
		__builtin_trap();
	return 0;
}
