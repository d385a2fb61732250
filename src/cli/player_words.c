/*
 * The player and words: the number in what a board printed, and what is being waited for.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/player_state.h"

bool bm_player_number_in(const char *text, uint32_t *number)
{
	bool found = false;
	for (const char *c = text; *c;) {
		if (!isdigit((unsigned char)*c)) {
			c++;
			continue;
		}
		const size_t len = strspn(c, "0123456789");
		const char before = c > text ? c[-1] : ' ', after = c[len];
		const bool part = isalnum((unsigned char)before) || before == '_' || before == '-' || before == '.' ||
				  isalnum((unsigned char)after) || after == '_' ||
				  (after == '.' && isdigit((unsigned char)c[len + 1]));
		if (!part && len <= 8) {
			*number = (uint32_t)strtoul(c, NULL, 10);
			found = true;
		}
		c += len;
	}
	return found;
}

void bm_player_waiting(const struct bm_player *player, char *out, size_t len)
{
	const struct device *active = player->active;
	if (active && active->asked) {
		snprintf(out, len, "watching the LED of %s: %u so far", active->name, bm_blinks_count(&active->blinks));
		return;
	}
	if (active) {
		snprintf(out, len, "provisioning %s", active->name);
		return;
	}
	for (size_t i = 0; i < player->device_count; i++) {
		const struct device *device = player->devices[i];
		if (device->state == DEVICE_CONFIGURING || device->state == DEVICE_UNSURE) {
			snprintf(out, len, "waiting for %s to answer", device->name);
			return;
		}
		if (device->board && device->state == DEVICE_UNSEEN && !device->ended) {
			snprintf(out, len, "waiting for %s to come onto the air", device->name);
			return;
		}
		if (device->board && device->state == DEVICE_UNSEEN && device->beaconed) {
			snprintf(out, len, "waiting to hear %s again", device->name);
			return;
		}
	}
	snprintf(out, len, player->board_count ? "running" : "waiting for devices on the air");
}
