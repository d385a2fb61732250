/*
 * Members of `blemesh provision`, for the files provision*.c alone.
 */
#ifndef BM_CLI_COMMANDS_PROVISION_STATE_H
#define BM_CLI_COMMANDS_PROVISION_STATE_H

#include "cli/commands/answer.h"
#include "cli/commands/options.h"
#include "cli/network/admission.h"
#include "cli/network/heard_name.h"

#define PROVISION_DEVICES_MAX 1024u
#define PROVISION_LINES_MAX 64u
#define PROVISION_LINE_LEN 32u

/* Who was heard and wants to be provisioned. */
struct provision_device {
	uint8_t uuid[BM_UUID_LEN];
	bool over_adv, over_gatt, taken;
	bm_time first;
	int8_t rssi;
	uint8_t peer[6]; /* of its connectable advertising, if over_gatt */
	char name[BM_HEARD_NAME_LEN];
};

struct provision {
	struct bm_options options;
	struct bm_session *session;
	struct bm_admission admission;
	struct bm_admission_how how;
	struct bm_answer *answer;
	struct bm_actor actor;
	uint8_t static_oob[32];
	const char *name;                  /* --name */
	char name_heard[BM_NODE_NAME_LEN]; /* what the device calls itself, as a node's name */
	const char *uuid;                  /* as the user wrote it; NULL: all */
	char prefix[2 * BM_UUID_LEN + 1];
	bool all;
	struct provision_device devices[PROVISION_DEVICES_MAX];
	size_t device_count;
	const struct provision_device *active;
	bm_time search_ends;
	struct bm_event asked;                               /* the value that is wanted; method 0: none */
	char lines[PROVISION_LINES_MAX][PROVISION_LINE_LEN]; /* typed, not wanted yet */
	size_t line_count;
	bool input_ended;
	unsigned admitted, failed;
	int status;
};

/* provision_say.c: what is shown of it. */
void provision_say_found(struct provision *p, const struct provision_device *device);
void provision_say(struct provision *p, const struct bm_admission_news *news);
void provision_uuid_text(const uint8_t uuid[BM_UUID_LEN], char out[2 * BM_UUID_LEN + 1]);

#endif
