/*
 * `blemesh send`: any message of any model to any address, and what comes back in words.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/env.h"
#include "cli/commands/client.h"
#include "cli/commands/commands.h"
#include "cli/commands/send_state.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "crypto/crypto.h"

static const char usage[] =
	"usage: blemesh send [options] ADDR MESSAGE [FIELD=VALUE ...]\n"
	"       blemesh send [options] ADDR 0xOPCODE [HEX] [--vendor]\n"
	"       blemesh send --list [TEXT]\n"
	"\n"
	"Sends a message and prints its answer in words. ADDR is an address (0x0002), a node's name, its element\n"
	"(lamp/1), a group or all-nodes; of a group all answers are collected. MESSAGE is a name as the specification\n"
	"has it, in small letters: onoff-set, level-get, sensor-get (blemesh send --list shows all, with their "
	"fields).\n"
	"A field's name may be shortened, and be left out where the order says which it is; times have units; the\n"
	"transaction identifier is filled in.\n"
	"\n"
	"  --app-key INDEX     the application key; default: the one that the model there is bound to, else 0\n"
	"  --device-key        under the node's device key (what Configuration messages use anyway)\n"
	"  --ttl N             0, or 2 to 127; default: 7\n"
	"  --repeat N          so many times, for messages that are not answered and for groups\n"
	"  --timeout SECONDS   how long an answer is waited for (6; of a group 3; of vendors' messages 2)\n"
	"  --vendor            the message is a number: an opcode as 0xC102E5 (first octet, then the company), or one\n"
	"                      of two octets or one; HEX are its parameters, and what comes back is printed raw\n"
	"  --answer 0xOPCODE   the message that answers it, which is waited for; the message is repeated till then\n"
	"  --list [TEXT]       the messages, all or those with TEXT in their names\n" BM_SHARED_USAGE
	"  -h, --help          this text\n"
	"\n"
	"Examples: blemesh send lamp onoff-set on transition=2s\n"
	"          blemesh send kitchen level-set-unack level=0x4000\n"
	"          blemesh send 0x0002 0xC102E5 0102ff --vendor\n"
	"Exit status: 0; 1 if no answer came or it says no; 2 for wrong usage.\n";

enum { OPT_APP_KEY = BM_OPTION_OWN, OPT_DEVICE_KEY, OPT_TTL, OPT_REPEAT, OPT_VENDOR, OPT_ANSWER, OPT_LIST };

const struct option bm_send_options[] = {
	BM_SHARED_OPTIONS,
	{"app-key", required_argument, NULL, OPT_APP_KEY},
	{"device-key", no_argument, NULL, OPT_DEVICE_KEY},
	{"ttl", required_argument, NULL, OPT_TTL},
	{"repeat", required_argument, NULL, OPT_REPEAT},
	{"vendor", no_argument, NULL, OPT_VENDOR},
	{"answer", required_argument, NULL, OPT_ANSWER},
	{"list", no_argument, NULL, OPT_LIST},
	{NULL, 0, NULL, 0},
};

static void take_option(struct send *s, int option)
{
	uint32_t number;
	switch (option) {
	case OPT_APP_KEY:
		if (bm_number_parse(optarg, 0, BM_KEY_INDEX_MAX, &number))
			s->app_idx = (int)number;
		else
			bm_wrong(&s->options, "--app-key %s: an index is a number from 0 to 4095", optarg);
		return;
	case OPT_TTL:
		if (bm_number_parse(optarg, 0, BM_TTL_MAX, &number) && number != 1)
			s->ttl = (uint8_t)number;
		else
			bm_wrong(&s->options, "--ttl %s: it is 0, or 2 to 127", optarg);
		return;
	case OPT_REPEAT:
		if (!bm_number_parse(optarg, 1, 1000, &s->repeat))
			bm_wrong(&s->options, "--repeat %s: expected a number from 1 to 1000", optarg);
		return;
	case OPT_ANSWER:
		if (!send_opcode_parse(optarg, &s->answer))
			bm_wrong(&s->options, "--answer %s: expected an opcode as 0x8204 or 0xC202E5", optarg);
		s->has_answer = true;
		return;
	case OPT_DEVICE_KEY:
		s->device_key = true;
		return;
	case OPT_VENDOR:
		s->raw = true;
		return;
	default:
		s->list = true;
		return;
	}
}

static bool parse(struct send *s, int argc, char **argv)
{
	int option;
	while ((option = bm_options_next(&s->options, argc, argv, "", bm_send_options)) != BM_OPTIONS_END)
		take_option(s, option);
	if (s->options.over)
		return false;
	s->words = argv + optind;
	s->word_count = (size_t)(argc - optind);
	if (s->list)
		return true;
	if (s->word_count < 2)
		bm_wrong(&s->options, s->word_count ? "which message? (blemesh send --list shows them)"
						    : "to whom, and which message? (see blemesh send --help)");
	else if (s->device_key && s->app_idx >= 0)
		bm_wrong(&s->options, "--device-key and --app-key do not go together");
	return !s->options.over;
}

static int list_messages(struct send *s)
{
	const struct bm_message *message;
	char word[BM_WORD_MAX];
	size_t shown = 0;
	for (size_t i = 0; (message = bm_message_at(i)); i++) {
		bm_message_word(message, word);
		bool wanted = true;
		for (size_t k = 0; k < s->word_count; k++) {
			char part[BM_WORD_MAX];
			wanted = wanted && bm_word_typed(s->words[k], part) && strstr(word, part);
		}
		if (!wanted)
			continue;
		shown++;
		bm_speak_usage(message, stdout);
	}
	if (!shown)
		return bm_failed(&s->options, "no message has %s in its name", s->words[0]);
	return bm_shown(&s->options);
}

/* Where it goes: address, label of a virtual one. */
static bool take_destination(struct send *s)
{
	char error[400];
	const char *text = s->words[0];
	if (bm_document_uuid_parse(text, s->label)) {
		s->dst = bm_virtual_addr(s->label);
		s->has_label = true;
		return true;
	}
	if (!bm_network_resolve(s->network, text, &s->dst, error, sizeof error)) {
		bm_wrong(&s->options, "%s", error);
		return false;
	}
	size_t i;
	json_t *group;
	json_array_foreach(bm_network_groups(s->network), i, group)
	{
		uint16_t addr;
		bool is_virtual = false;
		if (bm_addr_is_virtual(s->dst) && bm_network_group_addr(group, &addr, s->label, &is_virtual) &&
		    is_virtual && addr == s->dst)
			s->has_label = true;
		if (s->has_label)
			break;
	}
	if (bm_addr_is_virtual(s->dst) && !s->has_label)
		bm_wrong(&s->options, "%s is a virtual address: give its Label UUID, or a virtual group's name", text);
	return !s->options.over;
}

static bool take_raw(struct send *s)
{
	uint32_t opcode;
	char hex[2 * BM_ACCESS_MAX + 1] = "";
	uint8_t params[BM_ACCESS_MAX];
	size_t len;
	if (!send_opcode_parse(s->words[1], &opcode)) {
		bm_wrong(&s->options, "%s is no opcode: 0xC102E5 (first octet, then the company), 0x8202 or 0x04",
			 s->words[1]);
		return false;
	}
	for (size_t i = 2; i < s->word_count; i++) {
		const size_t used = strlen(hex);
		snprintf(hex + used, sizeof hex - used, "%s", s->words[i]);
	}
	struct bm_writer w = bm_writer_of(s->speech.octets, sizeof s->speech.octets);
	bm_put_opcode(&w, opcode);
	s->speech.opcode_len = bm_writer_len(&w);
	if (!bm_octets_parse(hex, params, 0, sizeof params - s->speech.opcode_len, &len)) {
		bm_wrong(&s->options, "the parameters of %s are octets in hexadecimal, at most %zu, not %.60s",
			 s->words[1], sizeof params - s->speech.opcode_len, hex);
		return false;
	}
	if (len)
		bm_put_octets(&w, params, len);
	s->speech.len = bm_writer_len(&w);
	s->raw_opcode = opcode;
	return true;
}

static bool take_message(struct send *s)
{
	char error[800];
	const struct bm_words words = {s->network};
	uint32_t number;
	if (s->raw || send_opcode_parse(s->words[1], &number)) {
		s->raw = true;
		return take_raw(s);
	}
	uint8_t tid;
	if (getrandom(&tid, sizeof tid, 0) != sizeof tid)
		tid = 0;
	s->message = bm_message_by_word(s->words[1], error, sizeof error);
	if (s->message &&
	    bm_speak(&words, s->message, s->words + 2, s->word_count - 2, tid, &s->speech, error, sizeof error))
		return true;
	bm_wrong(&s->options, "%s", error);
	return false;
}

static int with_network(struct send *s)
{
	if (!take_destination(s) || !take_message(s))
		return s->options.status;
	if (!send_choose_key(s))
		return s->options.over ? s->options.status : BM_STATUS_FAILED;
	if (s->speech.notes[0])
		bm_text_say(stderr, "blemesh send: %s\n", s->speech.notes);
	return send_and_tell(s);
}

int bm_command_send(int argc, char **argv, char **whole_argv)
{
	struct send *s = calloc(1, sizeof *s);
	(void)whole_argv;
	if (!s)
		return BM_STATUS_FAILED;
	s->options = (struct bm_options){.command = "send", .usage = usage};
	s->app_idx = -1;
	s->ttl = BM_TTL_DEFAULT;
	s->repeat = 1;
	int status;
	if (!parse(s, argc, argv)) {
		status = s->options.status;
	} else if (s->list) {
		status = list_messages(s);
	} else {
		s->network = bm_options_network(&s->options, false);
		status = s->network ? with_network(s) : BM_STATUS_FAILED;
		bm_network_close(s->network);
	}
	bm_wipe(s, sizeof *s);
	free(s);
	return status;
}
