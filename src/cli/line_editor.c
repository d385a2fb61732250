/*
 * libedit. It waits for a key in take_key and asks for completions in on_tab: there the mutex is released, the line is
 * on the screen, and others may hide it and show it again. Everywhere else libedit has the terminal for itself.
 *
 * The terminal gives Ctrl-C, Ctrl-Z and the like as keys, not as signals, from the first line to the end of the run: a
 * Ctrl-C between two lines must not end the run.
 */
#include "cli/line_editor.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "cli/history_file.h"

#define HISTORY_LINES 1000
#define CANDIDATES_MAX 500u
#define INDENT "    "

struct bm_line_editor {
	struct bm_line_editor_options options;
	EditLine *el;
	History *history;
	const char *prompt;
	char *text; /* the line last read */
	bool visible;
	bool cleared, was_empty;
	int columns;
};

void bm_line_editor_locale(void)
{
	if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

static struct bm_line_editor *editor_of(EditLine *el)
{
	void *editor = NULL;
	el_get(el, EL_CLIENTDATA, &editor);
	return editor;
}

static char *prompt_of(EditLine *el)
{
	/* libedit does not write there. */
	union {
		const char *given;
		char *taken;
	} prompt = {.given = editor_of(el)->prompt};
	return prompt.taken;
}

static int width_of(wchar_t c)
{
	const int width = wcwidth(c);
	if (width >= 0)
		return width;
	return c < 0x20 || c == 0x7f ? 2 : c <= 0xffff ? 8 : 9; /* ^C, \U+FFFF as libedit shows them */
}

/* How many rows below the prompt's own the position is. */
static int row_of(const struct bm_line_editor *editor, const wchar_t *position)
{
	const LineInfoW *line = el_wline(editor->el);
	int column = (int)strlen(editor->prompt), row = 0;
	for (const wchar_t *c = line->buffer; c < position; c++) {
		const int width = width_of(*c);
		if (column + width > editor->columns) {
			row++;
			column = 0;
		}
		column += width;
	}
	return row + (column >= editor->columns ? 1 : 0);
}

/* The terminal may have got another size. */
static void follow_size(struct bm_line_editor *editor)
{
	struct winsize size;
	if (ioctl(fileno(editor->options.out), TIOCGWINSZ, &size) != 0 || size.ws_col < 2 ||
	    size.ws_col == editor->columns)
		return;
	if (editor->columns)
		el_resize(editor->el);
	editor->columns = size.ws_col;
}

static void erase(struct bm_line_editor *editor)
{
	const int row = row_of(editor, el_wline(editor->el)->cursor);
	if (row > 0)
		fprintf(editor->options.out, "\x1b[%dA", row);
	fputs("\r\x1b[J", editor->options.out);
}

/* Draws the line anew where the cursor is, at a row's beginning. */
static void draw(struct bm_line_editor *editor)
{
	fflush(editor->options.out);
	el_set(editor->el, EL_REFRESH);
	fflush(editor->options.out);
}

void bm_line_editor_hide(struct bm_line_editor *editor)
{
	if (editor && editor->visible)
		erase(editor);
}

void bm_line_editor_show(struct bm_line_editor *editor)
{
	if (!editor || !editor->visible)
		return;
	follow_size(editor);
	draw(editor);
}

static void let_others(struct bm_line_editor *editor)
{
	editor->visible = true;
	pthread_mutex_unlock(editor->options.mutex);
}

static void have_alone(struct bm_line_editor *editor)
{
	pthread_mutex_lock(editor->options.mutex);
	editor->visible = false;
}

/* The next character of standard input. What is no UTF-8 becomes U+FFFD. 0 at its end. */
static int read_character(wchar_t *out)
{
	mbstate_t state = {0};
	for (;;) {
		char octet;
		const ssize_t got = read(STDIN_FILENO, &octet, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return 0;
		const size_t used = mbrtowc(out, &octet, 1, &state);
		if (used == (size_t)-2)
			continue;
		if (used == (size_t)-1)
			*out = 0xfffd;
		return 1;
	}
}

static int take_key(EditLine *el, wchar_t *out)
{
	struct bm_line_editor *editor = editor_of(el);
	let_others(editor);
	const int got = read_character(out);
	have_alone(editor);
	follow_size(editor);
	return got;
}

static unsigned char on_interrupt(EditLine *el, int key)
{
	struct bm_line_editor *editor = editor_of(el);
	const LineInfoW *line = el_wline(el);
	(void)key;
	editor->cleared = true;
	editor->was_empty = line->lastchar == line->buffer;
	const int down = row_of(editor, line->lastchar) - row_of(editor, line->cursor);
	el_cursor(el, (int)(line->lastchar - line->cursor));
	for (int i = 0; i < down; i++)
		fputc('\n', editor->options.out);
	fputs("^C\n", editor->options.out);
	fflush(editor->options.out);
	return CC_NEWLINE;
}

static unsigned char on_suspend(EditLine *el, int key)
{
	struct bm_line_editor *editor = editor_of(el);
	struct termios ours, theirs;
	sigset_t stop, before;
	(void)key;
	if (tcgetattr(STDIN_FILENO, &ours) != 0)
		return CC_ERROR;
	theirs = ours;
	theirs.c_iflag |= ICRNL;
	theirs.c_lflag |= ISIG | ICANON | ECHO | ECHOE | ECHOK | IEXTEN;
	erase(editor);
	fflush(editor->options.out);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &theirs);
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &stop, &before);
	raise(SIGTSTP); /* stops the process; on it goes when the shell says so */
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
	draw(editor);
	return CC_NORM;
}

struct candidates {
	char *texts[CANDIDATES_MAX];
	size_t count, replace;
};

static void take_candidate(void *ctx, size_t replace, const char *candidate)
{
	struct candidates *candidates = ctx;
	char *copy = candidates->count < CANDIDATES_MAX ? strdup(candidate) : NULL;
	if (!copy)
		return;
	candidates->replace = replace;
	candidates->texts[candidates->count++] = copy;
}

/* What all of them begin with, in octets; whole characters. */
static size_t common_len(const struct candidates *candidates)
{
	const char *first = candidates->texts[0];
	size_t len = strlen(first);
	for (size_t i = 1; i < candidates->count; i++) {
		size_t same = 0;
		while (same < len && candidates->texts[i][same] == first[same])
			same++;
		len = same;
	}
	while (len > 0 && ((unsigned char)first[len] & 0xc0) == 0x80)
		len--;
	return len;
}

static void list_candidates(struct bm_line_editor *editor, const struct candidates *candidates)
{
	FILE *out = editor->options.out;
	int width = 1;
	for (size_t i = 0; i < candidates->count; i++) {
		const int len = (int)strlen(candidates->texts[i]) + 2;
		width = len > width ? len : width;
	}
	const int per_row = editor->columns / width > 0 ? editor->columns / width : 1;
	erase(editor);
	for (size_t i = 0; i < candidates->count; i++) {
		const bool last = i + 1 == candidates->count || (int)(i + 1) % per_row == 0;
		fprintf(out, "%-*s%s", last ? 0 : width, candidates->texts[i], last ? "\n" : "");
	}
	draw(editor);
}

static unsigned char put_candidates(struct bm_line_editor *editor, const struct candidates *candidates)
{
	if (candidates->count == 0)
		return CC_REFRESH_BEEP;
	const size_t common = common_len(candidates);
	if (common > candidates->replace) {
		char *more = strndup(candidates->texts[0] + candidates->replace, common - candidates->replace);
		const bool put = more && el_insertstr(editor->el, more) == 0;
		free(more);
		return put ? CC_REFRESH : CC_ERROR;
	}
	if (candidates->count > 1)
		list_candidates(editor, candidates);
	return CC_REFRESH;
}

static unsigned char on_tab(EditLine *el, int key)
{
	struct bm_line_editor *editor = editor_of(el);
	const LineInfo *line = el_line(el);
	const size_t len = (size_t)(line->cursor - line->buffer);
	char *before = strndup(line->buffer, len);
	(void)key;
	if (!before)
		return CC_ERROR;
	if (strspn(before, " \t") == len) {
		free(before);
		return el_insertstr(el, INDENT) == 0 ? CC_REFRESH : CC_ERROR;
	}
	struct candidates *candidates = calloc(1, sizeof *candidates);
	unsigned char result = CC_ERROR;
	if (candidates) {
		let_others(editor);
		editor->options.complete(editor->options.ctx, before, take_candidate, candidates);
		have_alone(editor);
		result = put_candidates(editor, candidates);
		for (size_t i = 0; i < candidates->count; i++)
			free(candidates->texts[i]);
	}
	free(candidates);
	free(before);
	return result;
}

static void bind_keys(EditLine *el)
{
	static const char *const BINDINGS[][2] = {
		{"^C", "blemesh-interrupt"},  {"^Z", "blemesh-suspend"},     {"^I", "blemesh-complete"},
		{"^R", "em-inc-search-prev"}, {"^W", "ed-delete-prev-word"}, {"\\e[A", "ed-prev-history"},
		{"\\e[B", "ed-next-history"}, {"\\e[C", "ed-next-char"},     {"\\e[D", "ed-prev-char"},
		{"\\e[H", "ed-move-to-beg"},  {"\\e[F", "ed-move-to-end"},   {"\\e[3~", "ed-delete-next-char"},
		{"\\e[1;5C", "em-next-word"}, {"\\e[1;5D", "ed-prev-word"},
	};
	el_set(el, EL_ADDFN, "blemesh-interrupt", "Clear the line", on_interrupt);
	el_set(el, EL_ADDFN, "blemesh-suspend", "Stop the process", on_suspend);
	el_set(el, EL_ADDFN, "blemesh-complete", "Complete the word", on_tab);
	for (size_t i = 0; i < BM_ARRAY_LEN(BINDINGS); i++)
		el_set(el, EL_BIND, BINDINGS[i][0], BINDINGS[i][1], NULL);
}

static void recall(void *ctx, const char *line)
{
	struct bm_line_editor *editor = ctx;
	HistEvent event;
	history(editor->history, &event, H_ENTER, line);
}

struct bm_line_editor *bm_line_editor_new(const struct bm_line_editor_options *options)
{
	struct bm_line_editor *editor = calloc(1, sizeof *editor);
	HistEvent event;
	if (!editor)
		return NULL;
	editor->options = *options;
	editor->prompt = "";
	editor->history = history_init();
	const int out = fileno(options->out);
	editor->el = el_init_fd("blemesh", stdin, options->out, options->out, STDIN_FILENO, out, out);
	if (!editor->history || !editor->el) {
		free(editor);
		return NULL;
	}
	history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
	history(editor->history, &event, H_SETUNIQUE, 1);
	bm_history_load(HISTORY_LINES, recall, editor);
	EditLine *el = editor->el;
	el_set(el, EL_CLIENTDATA, editor);
	el_set(el, EL_SIGNAL, 0);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_HIST, history, editor->history);
	el_set(el, EL_PROMPT, prompt_of);
	el_set(el, EL_GETCFN, take_key);
	el_source(el, NULL);
	bind_keys(el);
	el_set(el, EL_SETTY, "-d", "-isig", "-ixon", NULL);
	el_set(el, EL_SETTY, "-x", "-isig", "-ixon", "-icanon", "-echo", NULL);
	follow_size(editor);
	return editor;
}

enum bm_line bm_line_editor_read(struct bm_line_editor *editor, const char *prompt, const char **text)
{
	int count = 0;
	editor->prompt = prompt;
	editor->cleared = false;
	free(editor->text);
	editor->text = NULL;
	*text = "";
	const char *line = el_gets(editor->el, &count);
	if (editor->cleared) {
		if (editor->was_empty)
			*text = NULL;
		return BM_LINE_CLEARED;
	}
	if (!line || count <= 0)
		return BM_LINE_END;
	editor->text = strndup(line, strcspn(line, "\r\n"));
	if (editor->text)
		*text = editor->text;
	return BM_LINE_ENTERED;
}

void bm_line_editor_remember(struct bm_line_editor *editor, const char *line)
{
	recall(editor, line);
	bm_history_append(line);
}
