/*
 * Lines become blocks of code by the rules of Python's own prompt: a block is typed at the board once it is complete,
 * and while it is not, the prompt is "... " instead of ">>> ".
 */
#include "cli/prompt.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "cli/line_editor.h"

struct bm_prompt {
	struct bm_prompt_options options;
	struct bm_line_editor *editor; /* NULL: lines are read plainly */
	char *block;                   /* lines that want more; NULL: none */
	bool told_waiting;
};

void bm_prompt_prepare(void)
{
	bm_line_editor_locale();
}

void bm_prompt_hide(struct bm_prompt *prompt)
{
	if (prompt)
		bm_line_editor_hide(prompt->editor);
}

void bm_prompt_show(struct bm_prompt *prompt)
{
	if (prompt)
		bm_line_editor_show(prompt->editor);
}

static void say(struct bm_prompt *prompt, const char *text)
{
	pthread_mutex_lock(prompt->options.mutex);
	fprintf(prompt->options.out, "%s\n", text);
	fflush(prompt->options.out);
	pthread_mutex_unlock(prompt->options.mutex);
}

static void drop_block(struct bm_prompt *prompt)
{
	free(prompt->block);
	prompt->block = NULL;
}

static void add_line(struct bm_prompt *prompt, const char *line)
{
	const size_t before = prompt->block ? strlen(prompt->block) + 1 : 0;
	char *grown = realloc(prompt->block, before + strlen(line) + 1);
	if (!grown)
		abort();
	if (before)
		grown[before - 1] = '\n';
	strcpy(grown + before, line);
	prompt->block = grown;
}

static void type_block(void *ctx)
{
	const struct bm_prompt *prompt = ctx;
	/* On a terminal it stands there already, as it was typed. */
	bm_board_type(prompt->options.board, prompt->block, prompt->editor != NULL);
}

static void submit_block(struct bm_prompt *prompt)
{
	bm_runtime_call(prompt->options.rt, type_block, prompt);
	drop_block(prompt);
	if (!prompt->editor || prompt->told_waiting ||
	    bm_board_prompt_state(prompt->options.board) != BM_PROMPT_NOT_YET)
		return;
	prompt->told_waiting = true;
	say(prompt, "The script has not come to its last line: what is typed waits for that.");
}

static void take_line(struct bm_prompt *prompt, const char *line)
{
	if (!prompt->block && line[strspn(line, " \t\f")] == '\0')
		return;
	add_line(prompt, line);
	if (!bm_board_wants_more(prompt->options.board, prompt->block))
		submit_block(prompt);
}

static void on_cleared(struct bm_prompt *prompt, bool was_empty)
{
	const bool had_block = prompt->block;
	drop_block(prompt);
	if (!was_empty || had_block)
		return;
	if (bm_board_prompt_state(prompt->options.board) == BM_PROMPT_BUSY)
		bm_board_interrupt(prompt->options.board);
	else
		say(prompt, "Ctrl-D ends the run.");
}

static void edit_lines(struct bm_prompt *prompt)
{
	for (;;) {
		const char *line;
		pthread_mutex_lock(prompt->options.mutex);
		const enum bm_line read = bm_line_editor_read(prompt->editor, prompt->block ? "... " : ">>> ", &line);
		if (read == BM_LINE_ENTERED && line[strspn(line, " \t")])
			bm_line_editor_remember(prompt->editor, line);
		if (read == BM_LINE_END) {
			fputc('\n', prompt->options.out);
			fflush(prompt->options.out);
		}
		pthread_mutex_unlock(prompt->options.mutex);
		if (read == BM_LINE_ENTERED)
			take_line(prompt, line);
		else if (read == BM_LINE_CLEARED)
			on_cleared(prompt, !line);
		else if (prompt->block)
			drop_block(prompt);
		else
			return;
	}
}

static void read_lines(struct bm_prompt *prompt)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&line, &room, stdin)) >= 0) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		take_line(prompt, line);
	}
	free(line);
	if (prompt->block)
		submit_block(prompt);
	if (prompt->options.ends_run)
		bm_board_prompt_wait(prompt->options.board);
}

static void *serve(void *ctx)
{
	struct bm_prompt *prompt = ctx;
	if (prompt->editor)
		edit_lines(prompt);
	else
		read_lines(prompt);
	if (prompt->editor || prompt->options.ends_run)
		bm_runtime_stop(prompt->options.rt);
	return NULL;
}

static void complete(void *ctx, const char *before, bm_completion *take, void *take_ctx)
{
	const struct bm_prompt *prompt = ctx;
	bm_board_complete(prompt->options.board, before, take, take_ctx);
}

struct bm_prompt *bm_prompt_start(const struct bm_prompt_options *options)
{
	struct bm_prompt *prompt = calloc(1, sizeof *prompt);
	if (!prompt)
		return NULL;
	prompt->options = *options;
	if (options->edit) {
		const struct bm_line_editor_options editor = {
			.out = options->out, .mutex = options->mutex, .complete = complete, .ctx = prompt};
		pthread_mutex_lock(options->mutex);
		prompt->editor = bm_line_editor_new(&editor);
		pthread_mutex_unlock(options->mutex);
		if (!prompt->editor) {
			free(prompt);
			return NULL;
		}
	}
	/* Signals are for the thread that ends the run. */
	sigset_t all, before;
	pthread_t thread;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const bool started = pthread_create(&thread, NULL, serve, prompt) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!started)
		return NULL;
	pthread_detach(thread);
	return prompt;
}
