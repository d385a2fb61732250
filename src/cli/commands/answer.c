/*
 * A terminal or a pipe is waited for; a file, which is always ready, is read line by line as lines are wanted.
 */
#include "cli/commands/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define LINE_LEN 256u

struct bm_answer {
	uv_poll_t poll;
	uv_idle_t idle;
	bool polls;
	int flags; /* of standard input, as it was: others share it */
	void (*line)(void *ctx, const char *line);
	void *ctx;
	char text[LINE_LEN];
	size_t used;
};

static void stop(struct bm_answer *answer)
{
	if (answer->polls)
		uv_poll_stop(&answer->poll);
	else
		uv_idle_stop(&answer->idle);
}

static void hand_on(struct bm_answer *answer)
{
	answer->text[answer->used] = 0;
	answer->used = 0;
	size_t len = strlen(answer->text);
	while (len && strchr(" \t\r", answer->text[len - 1]))
		answer->text[--len] = 0;
	answer->line(answer->ctx, answer->text + strspn(answer->text, " \t"));
}

static void take(struct bm_answer *answer)
{
	char octets[LINE_LEN];
	const ssize_t got = read(STDIN_FILENO, octets, sizeof octets);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	for (ssize_t i = 0; i < got; i++)
		if (octets[i] == '\n')
			hand_on(answer);
		else if (answer->used + 1 < sizeof answer->text)
			answer->text[answer->used++] = octets[i];
	if (got > 0)
		return;
	stop(answer);
	if (answer->used)
		hand_on(answer);
	answer->line(answer->ctx, NULL);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	take(poll->data);
}

static void on_idle(uv_idle_t *idle)
{
	take(idle->data);
}

struct bm_answer *bm_answer_begin(struct bm_runtime *rt, void (*line)(void *ctx, const char *line), void *ctx)
{
	struct bm_answer *answer = calloc(1, sizeof *answer);
	if (!answer)
		return NULL;
	answer->line = line;
	answer->ctx = ctx;
	answer->poll.data = answer->idle.data = answer;
	answer->flags = fcntl(STDIN_FILENO, F_GETFL);
	answer->polls = uv_poll_init(bm_runtime_uv(rt), &answer->poll, STDIN_FILENO) == 0 &&
			uv_poll_start(&answer->poll, UV_READABLE, on_poll) == 0;
	if (!answer->polls) {
		uv_idle_init(bm_runtime_uv(rt), &answer->idle);
		uv_idle_start(&answer->idle, on_idle);
	}
	return answer;
}

static void on_close(uv_handle_t *handle)
{
	free(handle->data);
}

void bm_answer_end(struct bm_answer *answer)
{
	if (!answer)
		return;
	stop(answer);
	if (answer->flags >= 0)
		fcntl(STDIN_FILENO, F_SETFL, answer->flags);
	uv_close(answer->polls ? (uv_handle_t *)&answer->poll : (uv_handle_t *)&answer->idle, on_close);
}
