/*
 * Typed lines: read on a thread that hands each to the loop. A word goes to the clients that know it, or else to the
 * servers that do; a number and a colon in front choose the element.
 */
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/device/device.h"

struct line {
	struct bm_device *device;
	char *text;
};

static bool is_client(enum bm_device_kind kind)
{
	return kind == BM_DEVICE_ONOFF_CLIENT || kind == BM_DEVICE_LEVEL_CLIENT || kind == BM_DEVICE_SENSOR_CLIENT;
}

/* element -1: any. */
static bool give(struct bm_device *device, const char *word, int element, bool clients)
{
	bool taken = false;
	for (size_t i = 0; i < device->options.model_count; i++) {
		struct bm_device_model *model = &device->models[i];
		if (is_client(model->kind) == clients && (element < 0 || model->element == element))
			taken |= bm_device_typed(model, word);
	}
	return taken;
}

static void answer_oob(struct bm_device *device, const char *text)
{
	struct bm_oob_value value = device->wanted_oob;
	char *end = NULL;
	const size_t len = strlen(text);
	if (value.is_text && len < sizeof value.text)
		memcpy(value.text, text, len + 1);
	else
		value.number = (uint32_t)strtoul(text, &end, 10);
	const bool good = value.is_text ? len > 0 && len < sizeof value.text : end != text && *end == 0;
	if (!good || bm_node_input_oob(device->node, &value, bm_runtime_now(device->rt)) != BM_OK) {
		bm_device_say(device, "warning", NULL,
			      "that is not what is asked for: type what the provisioner shows");
		return;
	}
	device->wants_oob = false;
}

static bool is_own_word(struct bm_device *device, const char *word)
{
	if (strcmp(word, "quit") == 0) {
		bm_device_stop(device);
	} else if (strcmp(word, "status") == 0) {
		bm_device_status(device);
	} else if (strcmp(word, "reset") == 0) {
		if (bm_node_reset(device->node, bm_runtime_now(device->rt)) != BM_OK)
			bm_device_say(device, "warning", NULL, "it is in no network");
	} else if (strcmp(word, "help") == 0 || strcmp(word, "?") == 0) {
		bm_device_say(device, "help", NULL,
			      "on, off, Enter; a number, +N, -N; PROPERTY=NUMBER; get; status; reset; quit");
	} else {
		return false;
	}
	return true;
}

static void take_line(void *ctx)
{
	const struct line *line = ctx;
	struct bm_device *device = line->device;
	char *word = line->text, *end;
	while (isspace((unsigned char)*word))
		word++;
	for (size_t len = strlen(word); len > 0 && isspace((unsigned char)word[len - 1]); len--)
		word[len - 1] = 0;
	if (device->wants_oob) {
		answer_oob(device, word);
		return;
	}
	const unsigned long element = strtoul(word, &end, 10);
	const bool has_element = isdigit((unsigned char)*word) && *end == ':';
	if (has_element) {
		if (element < 1 || element > device->options.elements) {
			bm_device_say(device, "warning", NULL, "there are elements 1 to %u", device->options.elements);
			return;
		}
		word = end + 1 + strspn(end + 1, " ");
	}
	const int only = has_element ? (int)element - 1 : -1;
	if (!is_own_word(device, word) && !give(device, word, only, true) && !give(device, word, only, false))
		bm_device_say(device, "warning", NULL, "\"%.60s\" is nothing that its models know (help)", word);
}

/* In the background of a terminal nothing can be read: that is for whoever is in front. */
static void wait_for_terminal(void)
{
	const struct timespec second = {.tv_sec = 1};
	while (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) != getpgrp())
		nanosleep(&second, NULL);
}

static void *serve(void *ctx)
{
	struct line line = {.device = ctx};
	size_t room = 0;
	for (;;) {
		wait_for_terminal();
		errno = 0;
		if (getline(&line.text, &room, stdin) >= 0) {
			bm_runtime_call(line.device->rt, take_line, &line);
		} else if (errno == EIO || errno == EINTR) {
			clearerr(stdin);
		} else {
			free(line.text);
			return NULL;
		}
	}
}

void bm_device_listen(struct bm_device *device)
{
	sigset_t all, before;
	pthread_t thread;
	signal(SIGTTIN, SIG_IGN);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&thread, NULL, serve, device) == 0)
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}
