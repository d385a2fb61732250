/* Captures of any octets: what the reader hands out lies in its buffer, and the analyzer bears it. */
#include <stdlib.h>
#include <string.h>

#include "cli/decode/analyzer.h"
#include "cli/decode/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

struct source {
	const uint8_t *at;
	size_t left;
};

static size_t take(void *ctx, uint8_t *out, size_t len)
{
	struct source *source = ctx;
	const size_t got = len < source->left ? len : source->left;
	if (got)
		memcpy(out, source->at, got);
	source->at += got;
	source->left -= got;
	return got;
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	static struct bm_report report;
	struct source source = {octets, len};
	struct bm_capture capture;
	struct bm_captured packet;
	struct bm_analyzer *analyzer = bm_analyzer_new();
	if (!analyzer)
		abort();
	bool good = bm_capture_open(&capture, take, &source);
	size_t packets = 0;
	while (good && bm_capture_next(&capture, &packet)) {
		if (packet.len > BM_CAPTURE_PACKET_MAX || ++packets > len)
			abort();
		(void)bm_analyze_captured(analyzer, packet.link_type, packet.octets, packet.len, &report);
	}
	if (!good && !capture.error[0])
		abort();
	bm_capture_close(&capture);
	bm_analyzer_free(analyzer);
	return 0;
}
