/*
 * The rows as docs/answers.md has them: chapters of tables, messages and statuses by their names. Included by
 * tests/scenario/test_answers.c, which sends them.
 */
#ifndef BM_TESTS_ANSWERS_PAGE_H
#define BM_TESTS_ANSWERS_PAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "answers/answers.h"
#include "blemesh/model.h"
#include "pdu/messages.h"
#include "support/vectors.h"

#define OCTETS_MAX (BM_ACCESS_MAX + 8)

static const struct {
	const char *title, *intro;
	const struct answer_row *rows;
	size_t count;
	enum { OCTETS, MESSAGES, STEPS } kind;
} chapters[] = {
#define CHAPTER(name, kind, title, intro)                                        \
	{                                                                        \
		title, intro, answers_##name, BM_ARRAY_LEN(answers_##name), kind \
	}
	CHAPTER(configuration, MESSAGES, "Configuration messages",
		"Under the device key of a node 0x0020 with two elements, without relay, friend and low power feature, "
		"with one\n"
		"subnet and AppKey 0. It has room for two subnets, three AppKeys, two bindings and two subscriptions a "
		"model,\n"
		"and one label."),
	CHAPTER(foundation, MESSAGES, "Foundation models of Mesh 1.1",
		"The same node, under its device key; Solicitation PDU RPL Items Clear under AppKey 0. Its GATT Proxy "
		"state is\n"
		"enabled."),
	CHAPTER(models, MESSAGES, "Health and application models",
		"The same node, under an application key. It has sensors for the properties 0x0001 (with a series), "
		"0x004f (with\n"
		"cadence and the setting 0x002e) and 0x0054, and health tests of the company 0x02c4."),
	CHAPTER(lower, OCTETS, "Network and transport layer",
		"From somebody who holds the keys. Octets: CTL, TTL, SRC, DST, then the Transport PDU; answers are "
		"Transport\n"
		"PDUs. The node 0x0020 is a friend and no relay."),
	CHAPTER(air, OCTETS, "Advertising", "What a node hears. Octets: the AD type, then its data."),
	CHAPTER(proxy, OCTETS, "Proxy Configuration",
		"From a client with the key, under the accept list of a filter with four places."),
	CHAPTER(proxy_pdus, OCTETS, "The GATT bearer",
		"What a client writes to Mesh Proxy Data In; a bar stands between two writes, ~ for half a minute."),
	CHAPTER(provisioning, STEPS, "Provisioning",
		"To a device without OOB whose provisioner was honest so far; the answer is Provisioning Failed with "
		"its "
		"error code."),
#undef CHAPTER
};

static inline void print_field(void *ctx, const struct bm_field *field, const char *text, bool is_number)
{
	(void)is_number;
	const char **separator = ctx;
	if (!*text)
		return;
	printf("%s%s %s", *separator, field->name, text);
	*separator = ", ";
}

/* "Config AppKey Status: …", and how much of the octets was taken for it. */
static inline const struct bm_message *message_of(const char *hex, const uint8_t **params, size_t *len)
{
	static uint8_t octets[OCTETS_MAX];
	char even[2 * OCTETS_MAX + 1];
	snprintf(even, sizeof even, "%s", hex);
	even[strlen(even) & ~(size_t)1] = '\0';
	struct bm_reader r = bm_reader_of(octets, hex_decode(even, octets, sizeof octets));
	uint32_t opcode;
	if (bm_opcode_read(&r, &opcode))
		return NULL;
	*params = r.at;
	*len = bm_reader_left(&r);
	return bm_message_find(opcode);
}

static const char *const config_statuses[] = {
	"Success",
	"Invalid Address",
	"Invalid Model",
	"Invalid AppKey Index",
	"Invalid NetKey Index",
	"Insufficient Resources",
	"Key Index Already Stored",
	"Invalid Publish Parameters",
	"Not a Subscribe Model",
	"Storage Failure",
	"Feature Not Supported",
	"Cannot Update",
	"Cannot Remove",
	"Cannot Bind",
	"Temporarily Unable to Change State",
	"Cannot Set",
	"Unspecified Error",
	"Invalid Binding",
};
static const char *const aggregator_statuses[] = {"Success",      "Invalid Address",        "Wrong Access Key",
						  "Wrong OpCode", "Message Not Understood", "Response Overflow"};
static const char *const prov_errors[] = {"",
					  "Invalid PDU",
					  "Invalid Format",
					  "Unexpected PDU",
					  "Confirmation Failed",
					  "Out of Resources",
					  "Decryption Failed"};

static inline void print_message_answer(const char *answer)
{
	const uint8_t *params;
	size_t len;
	const struct bm_message *message = message_of(answer, &params, &len);
	const char *separator = ": ";
	assert_non_null(message);
	printf("%s", message->name);
	const bool has_status = message->field_count && strcmp(message->fields[0].name, "status") == 0 && len > 0;
	if (has_status && message->opcode == 0x8073)
		printf(": **%s**", aggregator_statuses[params[0]]);
	else if (has_status)
		printf(": **%s**", config_statuses[params[0]]);
	else if (bm_message_visit(message, params, len, print_field, &separator)) {
		/* one that is cut short here: its octets say it */
	}
}

static inline void print_answer(const struct answer_row *row, int kind)
{
	if (strcmp(row->answer, "!disconnect") == 0)
		printf("the link is ended");
	else if (strcmp(row->answer, "!nothing") == 0)
		printf("nothing");
	else if (row->answer[0] == '!')
		printf("nothing; counted as %s", row->answer + 1);
	else if (kind == STEPS)
		printf("Provisioning Failed: **%s** `%s`", prov_errors[row->answer[3] - '0'], row->answer);
	else if (kind == MESSAGES) {
		print_message_answer(row->answer);
		printf(" `%s`", row->answer);
	} else
		printf("`%s`", row->answer);
}

static inline void print_row(const struct answer_row *row, int kind)
{
	static const char *const steps[] = {"the link is open",  "Invite",     "Start", "the keys",
					    "the confirmations", "the randoms"};
	const uint8_t *params;
	size_t len;
	printf("| ");
	const struct bm_message *message = kind == MESSAGES ? message_of(row->octets, &params, &len) : NULL;
	if (message)
		printf("%s: ", message->name);
	if (kind == STEPS)
		printf("after %s: ", steps[row->octets[0] - '0']);
	printf("%s | ", row->words);
	const char *octets = row->octets + (kind == STEPS);
	if (*octets)
		printf("`");
	for (; *octets; octets++)
		printf(*octets == '|' ? " \\| " : "%c", *octets);
	if (row->octets[kind == STEPS])
		printf("`");
	printf(" | ");
	print_answer(row, kind);
	printf(" | %s%s |\n", row->section[0] == 'M' ? "" : "MshPRT ", row->section);
}

static inline void print_lengths(const struct bm_model *model, const struct bm_opcode *opcode)
{
	const struct bm_message *message = bm_message_find(opcode->opcode);
	assert_non_null(message);
	(void)model;
	printf("| %s | %u", message->name, (unsigned)opcode->min_len);
	if (opcode->max_len >= BM_ACCESS_MAX - 3)
		printf(" or more");
	else if (opcode->max_len != opcode->min_len)
		printf(" to %u", (unsigned)opcode->max_len);
	printf(" | nothing; counted as bad_length |\n");
}

static inline void print_chapters(void)
{
	printf("# What arrives, and what is answered\n\n"
	       "What a node does with what it should not have been sent. Each row is a test: its octets are sent, and "
	       "the answer\n"
	       "compared, by [test_answers.c](../tests/scenario/test_answers.c), which prints this page too "
	       "(`--page`). A check of\n"
	       "the test run fails where the two differ. \"Counted\" means the counters of "
	       "[trace.h](../include/blemesh/trace.h);\n"
	       "a star stands for octets of no matter. Sections are those of the Mesh Protocol (MshPRT) and the Mesh "
	       "Model\n"
	       "(MshMDL) specifications.\n");
	for (size_t i = 0; i < BM_ARRAY_LEN(chapters); i++) {
		printf("\n## %s\n\n%s\n\n", chapters[i].title, chapters[i].intro);
		printf("| what arrives | octets | what is answered | section |\n| --- | --- | --- | --- |\n");
		for (size_t row = 0; row < chapters[i].count; row++)
			if (chapters[i].rows[row].words)
				print_row(&chapters[i].rows[row], chapters[i].kind);
	}
	printf("\n## Messages of other lengths\n\n"
	       "Each message that a server takes, with an octet less and with one more (MshPRT 3.7.4.4). Every length "
	       "of every\n"
	       "message: [test_every_length.c](../tests/scenario/test_every_length.c).\n\n"
	       "| message | octets of parameters | with another length |\n| --- | --- | --- |\n");
}

#endif
