/*
 * The phases of `blemesh provision` in words: progress on standard error, what came of it on standard output; or all of
 * it as a JSON object a line on standard output.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands/nodes.h"
#include "cli/commands/provision_state.h"
#include "cli/network/document.h"
#include "cli/text.h"
#include "script/prov_words.h"

void provision_uuid_text(const uint8_t uuid[BM_UUID_LEN], char out[2 * BM_UUID_LEN + 1])
{
	for (size_t i = 0; i < BM_UUID_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", uuid[i]);
}

static void line(const char *phase, const char *text)
{
	bm_text_say(stderr, "  %-14s %s\n", phase, text);
}

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

/* What a person at the device is asked to do. */
static void enter_text(const struct bm_event *event, char *out, size_t len)
{
	static const char *const DOES[] = {"blink", "beep", "vibrate"};
	if (event->action < BM_ARRAY_LEN(DOES))
		snprintf(out, len, "how often does the device %s?", DOES[event->action]);
	else
		snprintf(out, len, "which %s does the device show (up to %u %s)?",
			 event->action == BM_PROV_OUTPUT_TEXT ? "text" : "number", event->size,
			 event->action == BM_PROV_OUTPUT_TEXT ? "characters" : "digits");
}

static void show_text(const struct bm_event *event, char *out, size_t len)
{
	const unsigned number = (unsigned)event->oob.number;
	if (event->oob.is_text)
		snprintf(out, len, "enter the text %s at the device", event->oob.text);
	else if (event->action == BM_PROV_PUSH || event->action == BM_PROV_TWIST)
		snprintf(out, len, "%s %u time%s at the device",
			 event->action == BM_PROV_PUSH ? "push the button" : "twist the knob", number, plural(number));
	else
		snprintf(out, len, "enter the number %u at the device", number);
}

static void chosen_text(const struct bm_event *event, char *out, size_t len)
{
	snprintf(out, len, "%s, %s, %u element%s", bm_prov_method_text(event->method, event->action),
		 event->alg == BM_PROV_ALG_HMAC ? "HMAC-SHA256" : "AES-CMAC", event->elements, plural(event->elements));
}

/* One line for a phase; the label in front of it. */
static const char *describe(const struct bm_admission_news *news, char *out, size_t len)
{
	char model[120];
	snprintf(out, len, "%s", news->text ? news->text : "");
	switch (news->phase) {
	case BM_ADMISSION_LINK:
		snprintf(out, len, "open; invited");
		return "link";
	case BM_ADMISSION_CHOSEN:
		chosen_text(news->event, out, len);
		return "authentication";
	case BM_ADMISSION_KEYS:
		snprintf(out, len, "public keys exchanged");
		return "keys";
	case BM_ADMISSION_ENTER:
		enter_text(news->event, out, len);
		return "value";
	case BM_ADMISSION_SHOW:
		show_text(news->event, out, len);
		return "value";
	case BM_ADMISSION_DATA:
		snprintf(out, len, "confirmed; sends it the network's keys");
		return "data";
	case BM_ADMISSION_UNSURE:
		snprintf(out, len, "%s; asks whether it is node 0x%04x", news->text, news->addr);
		return "unsure";
	case BM_ADMISSION_NODE:
		snprintf(out, len, "node 0x%04x", news->addr);
		return "complete";
	case BM_ADMISSION_COMPOSITION:
		snprintf(out, len, "%u element%s, %u model%s", news->elements, plural(news->elements), news->models,
			 plural(news->models));
		return "composition";
	case BM_ADMISSION_APP_KEY:
		snprintf(out, len, "application key 0 is there");
		return "app key";
	case BM_ADMISSION_BOUND:
		bm_node_model_id_text(&news->model->id, model, sizeof model);
		snprintf(out, len, "%s of element 0x%04x", model, news->model->element_addr);
		return "bound";
	case BM_ADMISSION_REFUSED:
		return "refused";
	case BM_ADMISSION_AGAIN:
		return "again";
	default:
		return "";
	}
}

static void put_oob(json_t *object, const struct bm_event *event)
{
	json_object_set_new(object, "action", json_string(bm_prov_method_text(event->method, event->action)));
	json_object_set_new(object, "size", json_integer(event->size));
	if (event->kind != BM_EVENT_PROVISION_SHOW_OOB)
		return;
	if (event->oob.is_text)
		json_object_set_new(object, "value", json_string(event->oob.text));
	else
		json_object_set_new(object, "value", json_integer(event->oob.number));
}

static json_t *object_of(const struct provision *p, const char *step)
{
	char uuid[2 * BM_UUID_LEN + 1];
	provision_uuid_text(p->how.uuid, uuid);
	return json_pack("{s:s, s:s, s:s}", "event", "provision", "step", step, "uuid", uuid);
}

static void say_json(const struct provision *p, const struct bm_admission_news *news)
{
	json_t *object = object_of(p, bm_admission_phase_name(news->phase));
	if (news->addr)
		json_object_set_new(object, "address", json_integer(news->addr));
	if (news->elements)
		json_object_set_new(object, "elements", json_integer(news->elements));
	if (news->phase == BM_ADMISSION_COMPOSITION || news->phase == BM_ADMISSION_DONE)
		json_object_set_new(object, "models", json_integer(news->models));
	if (news->phase == BM_ADMISSION_CHOSEN) {
		json_object_set_new(object, "method",
				    json_string(bm_prov_method_text(news->event->method, news->event->action)));
		json_object_set_new(object, "algorithm",
				    json_string(news->event->alg == BM_PROV_ALG_HMAC ? "HMAC-SHA256" : "AES-CMAC"));
	}
	if (news->phase == BM_ADMISSION_ENTER || news->phase == BM_ADMISSION_SHOW)
		put_oob(object, news->event);
	if (news->phase == BM_ADMISSION_DONE && p->how.name)
		json_object_set_new(object, "name", json_string(p->how.name));
	if (news->text)
		json_object_set_new(object, "text", json_string(news->text));
	bm_print_json(object);
}

static void say_done(const struct provision *p, const struct bm_admission_news *news)
{
	printf("0x%04x", news->addr);
	if (p->how.name)
		printf(" %s", p->how.name);
	if (p->how.no_config)
		printf(": a node with %u element%s, not configured\n", news->elements, plural(news->elements));
	else
		printf(": a node with %u element%s; %u model%s bound to application key 0\n", news->elements,
		       plural(news->elements), news->models, plural(news->models));
	fflush(stdout);
}

void provision_say(struct provision *p, const struct bm_admission_news *news)
{
	char text[300], uuid[2 * BM_UUID_LEN + 1];
	if (p->options.json)
		say_json(p, news);
	provision_uuid_text(p->how.uuid, uuid);
	if (news->phase == BM_ADMISSION_FAILED)
		bm_failed(&p->options, "%s: %s", uuid, news->text);
	else if (p->options.json)
		return;
	else if (news->phase == BM_ADMISSION_DONE)
		say_done(p, news);
	else
		line(describe(news, text, sizeof text), text);
}

void provision_say_found(struct provision *p, const struct provision_device *device)
{
	const char *bearer = p->how.bearer == BM_PROV_BEARER_GATT ? "PB-GATT" : "PB-ADV";
	char uuid[2 * BM_UUID_LEN + 1], text[100];
	provision_uuid_text(device->uuid, uuid);
	if (p->options.json) {
		json_t *object = object_of(p, "found");
		json_object_set_new(object, "bearer", json_string(bearer));
		if (device->rssi != 127)
			json_object_set_new(object, "rssi", json_integer(device->rssi));
		if (device->name[0])
			json_object_set_new(object, "advertised_name", bm_text_string(device->name));
		bm_print_json(object);
		return;
	}
	fprintf(stderr, "%s\n", uuid);
	if (device->rssi == 127)
		snprintf(text, sizeof text, "by %s", bearer);
	else
		snprintf(text, sizeof text, "by %s, %d dBm", bearer, device->rssi);
	if (device->name[0])
		snprintf(text + strlen(text), sizeof text - strlen(text), "; calls itself %s", device->name);
	line("found", text);
}
