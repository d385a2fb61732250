/*
 * What both kinds of output share: the names, the end of a line, the line of what is being waited for.
 */
#include "cli/output.h"

#include <errno.h>
#include <sys/ioctl.h>

#include "cli/text.h"

static unsigned channel(uint32_t rgb, unsigned shift)
{
	return rgb >> shift & 0xff;
}

const char *bm_colour_name(uint32_t rgb)
{
	static const struct {
		const char *name;
		uint32_t rgb;
	} COLOURS[] = {
		{"red", 0xff0000},    {"green", 0x00ff00},   {"blue", 0x0000ff},  {"yellow", 0xffff00},
		{"cyan", 0x00ffff},   {"magenta", 0xff00ff}, {"white", 0xffffff}, {"orange", 0xff8000},
		{"violet", 0x8000ff}, {"pink", 0xff80c0},
	};
	rgb &= 0xffffff;
	if (rgb == 0)
		return "off";
	unsigned most = 1;
	for (unsigned shift = 0; shift <= 16; shift += 8)
		if (channel(rgb, shift) > most)
			most = channel(rgb, shift);
	/* An LED's brightness does not change its colour's name: the strongest channel counts as full. */
	size_t nearest = 0;
	long least = -1;
	for (size_t i = 0; i < BM_ARRAY_LEN(COLOURS); i++) {
		long distance = 0;
		for (unsigned shift = 0; shift <= 16; shift += 8) {
			const long d = (long)(channel(rgb, shift) * 255 / most) - (long)channel(COLOURS[i].rgb, shift);
			distance += d * d;
		}
		if (least < 0 || distance < least) {
			least = distance;
			nearest = i;
		}
	}
	return COLOURS[nearest].name;
}

const char *bm_board_prov_name(enum bm_board_prov prov)
{
	static const char *const NAMES[] = {
		[BM_BOARD_BEACONING] = "beaconing",
		[BM_BOARD_LINK_OPEN] = "link_open",
		[BM_BOARD_OOB] = "oob",
		[BM_BOARD_COMPLETE] = "complete",
		[BM_BOARD_FAILED] = "failed",
		[BM_BOARD_CLOSED] = "closed",
		[BM_BOARD_RESET] = "reset",
		[BM_BOARD_RESTORED] = "restored",
		[BM_BOARD_PROVISIONER] = "provisioner",
		[BM_BOARD_FRIEND_FOUND] = "friend_found",
		[BM_BOARD_FRIEND_LOST] = "friend_lost",
	};
	return (size_t)prov < BM_ARRAY_LEN(NAMES) ? NAMES[prov] : "?";
}

void bm_output_line_end(struct bm_output *output)
{
	fputc('\n', output->file);
	if (output->flush)
		bm_output_flush(output);
	if (ferror(output->file) && !output->broken) {
		output->error = errno;
		output->broken = true;
	}
}

void bm_output_flush(struct bm_output *output)
{
	if (fflush(output->file) == 0 || output->broken)
		return;
	output->error = errno;
	output->broken = true;
}

static int columns(FILE *file)
{
	struct winsize size;
	return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col : 80;
}

void bm_output_status(struct bm_output *output, const char *text)
{
	if (!output->terminal || output->broken || (!text && !output->status_shown))
		return;
	fputs("\r\x1b[K", output->file);
	/* A line that wraps could not be removed again. */
	if (text)
		fprintf(output->file, "%s%.*s%s", output->colour ? "\x1b[2m" : "",
			(int)bm_text_cut(text, columns(output->file) - 1), text, output->colour ? "\x1b[0m" : "");
	bm_output_flush(output);
	output->status_shown = text != NULL;
}
