/*
 * `blemesh shell`: the commands at a prompt. The node of `send` and `config` stays in the network between them, so it
 * hears beacons and answers at once.
 *
 *   main thread      wants a line ─▶ its node runs, or it waits ─▶ runs the command ─▶ …
 *   editor's thread       └─▶ edits the line, completes words ──▶┘
 *
 * Lines that are no terminal's are read as they come. Ctrl-C in a line clears it, during a command it ends the command.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli/commands/commands.h"
#include "cli/commands/options.h"
#include "cli/commands/shell_state.h"
#include "cli/network/session.h"
#include "cli/text.h"
#include "cli/words/word.h"

static const char usage[] =
	"usage: blemesh shell [options]\n"
	"\n"
	"All commands at a prompt, without \"blemesh\" in front: nodes, send lamp onoff-set on, config lamp relay.\n"
	"Tab completes commands, names, messages, their fields and settings; arrow keys and Ctrl-R find lines typed\n"
	"before. Words with blanks are put in '…' or \"…\"; what follows a # is a remark. Ctrl-C ends a command, exit "
	"or\n"
	"Ctrl-D the shell. The node stays in the network between commands, which makes them fast. Without a terminal\n"
	"lines are read from standard input.\n"
	"\n"
	"  --network NAME      which network; default: $BLEMESH_NETWORK, else \"default\"\n"
	"  --radio RADIO       air[:NAME] (the virtual air; NAME: $BLEMESH_AIR), or a controller: hciN,\n"
	"                      h4:PATH[:BAUD], unix:PATH, tcp:HOST:PORT. Default: $BLEMESH_RADIO, else air\n"
	"  -h, --help          this text\n"
	"\n"
	"Example: printf 'nodes\\nsend lamp onoff-get\\n' | blemesh shell\n"
	"Exit status: that of the last command; 2 for wrong usage.\n";

struct shell {
	struct bm_options options;
	struct bm_network *network; /* held once it is there */
	bool edits;
	struct termios between; /* the terminal's modes between two lines */
	int status;
	/* Between the two threads. */
	pthread_mutex_t screen, lock;
	pthread_cond_t changed;
	struct bm_line_editor *editor;
	enum { IDLE, WANTED, READ } state;
	struct bm_runtime *wake; /* of the session that runs meanwhile; NULL: changed is enough */
	char *line;              /* NULL: the end */
};

static struct termios saved_terminal;

/* A signal that ends the process leaves the terminal as it was. */
static void on_deadly(int number)
{
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
	_exit(128 + number);
}

static void on_ctrl_c(int number)
{
	(void)number; /* nothing runs that it could end */
}

/* A session has signals of its own while it runs, and leaves the defaults behind. */
static void take_signals(const struct shell *shell)
{
	const struct sigaction nothing = {.sa_handler = on_ctrl_c}, deadly = {.sa_handler = on_deadly};
	if (!shell->edits)
		return;
	sigaction(SIGINT, &nothing, NULL);
	sigaction(SIGTERM, &deadly, NULL);
	sigaction(SIGHUP, &deadly, NULL);
}

static void hold_network(struct shell *shell)
{
	char error[600];
	if (!shell->network)
		shell->network = bm_network_open(shell->options.network, false, error, sizeof error);
}

static int unknown_command(const char *name)
{
	struct bm_word_guess guess;
	char meant[300];
	size_t count;
	const struct bm_command *commands = bm_commands(&count);
	bm_word_guess_begin(&guess, name);
	for (size_t i = 0; i < count; i++)
		bm_word_guess_offer(&guess, commands[i].name);
	bm_word_guess_text(&guess, meant, sizeof meant);
	bm_text_say(stderr, "blemesh shell: %.80s is no command (help shows them all)%s\n", name, meant);
	return BM_STATUS_WRONG;
}

/* The others open sessions of their own, or change what a running node would not notice. */
static bool leaves_session_alone(const char *name)
{
	static const char *const NAMES[] = {"send", "config", "nodes", "groups", "decode", "help"};
	for (size_t i = 0; i < BM_ARRAY_LEN(NAMES); i++)
		if (strcmp(name, NAMES[i]) == 0)
			return true;
	return false;
}

static int run_words(struct shell *shell, struct shell_words *words)
{
	char **list = words->list;
	int count = (int)words->count;
	/* Who is used to it types the whole command. */
	if (strcmp(list[0], "blemesh") == 0 && count > 1) {
		list++;
		count--;
	}
	const char *name = list[0];
	if (strcmp(name, "help") == 0 && count == 1) {
		bm_command_help(count, list);
		puts("\nhere: exit, or Ctrl-D, ends the shell; Tab completes");
		return BM_STATUS_DONE;
	}
	if (strcmp(name, "help") == 0)
		return bm_command_help(count, list);
	const struct bm_command *command = bm_command_find(name);
	if (!command)
		return unknown_command(name);
	if (!command->options) {
		fprintf(stderr, "blemesh shell: %s is not for the prompt\n", name);
		return BM_STATUS_WRONG;
	}
	if (!leaves_session_alone(name))
		bm_session_drop_kept();
	const int status = command->run(count, list, list);
	hold_network(shell);
	return status;
}

/* A command has the terminal as it was found, with Ctrl-C and input by the line. Between lines it is as the editor left
 * it: a key that comes before the editor reads it stays a key. */
static void lend_terminal(struct shell *shell)
{
	if (!shell->edits)
		return;
	tcgetattr(STDIN_FILENO, &shell->between);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &saved_terminal);
}

static void take_terminal_back(const struct shell *shell)
{
	if (shell->edits)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &shell->between);
}

/* False: the shell ends. */
static bool run_line(struct shell *shell, const char *line)
{
	struct shell_words words;
	char error[200];
	bool on = true;
	if (!shell_split(line, false, &words, error, sizeof error)) {
		fprintf(stderr, "blemesh shell: %s\n", error);
		shell->status = BM_STATUS_WRONG;
	} else if (words.count && (strcmp(words.list[0], "exit") == 0 || strcmp(words.list[0], "quit") == 0)) {
		on = false;
	} else if (words.count) {
		lend_terminal(shell);
		shell->status = run_words(shell, &words);
		fflush(stdout);
		take_signals(shell);
		take_terminal_back(shell);
	}
	shell_words_free(&words);
	return on;
}

static void wake(void *ctx)
{
	(void)ctx;
	bm_session_done(bm_session_kept());
}

static void complete(void *ctx, const char *before, bm_completion *take, void *take_ctx)
{
	const struct shell *shell = ctx;
	shell_complete(shell->network, before, take, take_ctx);
}

/* A key, or a static OOB value: the history is a file that outlives what it was typed for. */
static bool holds_secret(const char *line)
{
	size_t longest = 0;
	for (const char *at = line; *at; at++) {
		const size_t run = strspn(at, "0123456789abcdefABCDEF:-");
		longest = run > longest ? run : longest;
	}
	return strstr(line, "static:") || (strstr(line, "key") && longest >= (size_t)2 * BM_KEY_LEN);
}

/* NULL: the end. To be freed. */
static char *edit_line(struct shell *shell)
{
	char prompt[96], *line = NULL;
	const char *text;
	enum bm_line read;
	snprintf(prompt, sizeof prompt, "%.64s> ", shell->options.network);
	pthread_mutex_lock(&shell->screen);
	do
		read = bm_line_editor_read(shell->editor, prompt, &text);
	while (read == BM_LINE_CLEARED);
	if (read == BM_LINE_ENTERED) {
		line = strdup(text);
		if (text[strspn(text, " \t")] && !holds_secret(text))
			bm_line_editor_remember(shell->editor, text);
	} else {
		putchar('\n');
		fflush(stdout);
	}
	pthread_mutex_unlock(&shell->screen);
	return line;
}

static void *serve(void *ctx)
{
	struct shell *shell = ctx;
	pthread_mutex_lock(&shell->lock);
	for (;;) {
		while (shell->state != WANTED)
			pthread_cond_wait(&shell->changed, &shell->lock);
		struct bm_runtime *rt = shell->wake;
		pthread_mutex_unlock(&shell->lock);
		char *line = edit_line(shell);
		pthread_mutex_lock(&shell->lock);
		shell->line = line;
		shell->state = READ;
		pthread_cond_broadcast(&shell->changed);
		pthread_mutex_unlock(&shell->lock);
		if (rt)
			bm_runtime_call(rt, wake, NULL);
		pthread_mutex_lock(&shell->lock);
	}
	return NULL;
}

/* The node lives while a person thinks. False: a signal says that it is over. */
static bool run_meanwhile(struct bm_session *session)
{
	switch (bm_session_run(session, 0)) {
	case BM_SESSION_INTERRUPTED:
		return false;
	case BM_SESSION_BROKEN:
		fprintf(stderr, "blemesh shell: %s\n", bm_session_trouble(session));
		return false;
	default:
		return true;
	}
}

static bool next_line(struct shell *shell, char **line)
{
	struct bm_session *session = bm_session_kept();
	bool on = true;
	pthread_mutex_lock(&shell->lock);
	shell->wake = session ? bm_session_runtime(session) : NULL;
	shell->state = WANTED;
	pthread_cond_broadcast(&shell->changed);
	if (session) {
		pthread_mutex_unlock(&shell->lock);
		on = run_meanwhile(session);
		pthread_mutex_lock(&shell->lock);
	}
	while (on && shell->state != READ)
		pthread_cond_wait(&shell->changed, &shell->lock);
	*line = on ? shell->line : NULL;
	shell->line = NULL;
	shell->state = on ? IDLE : shell->state;
	pthread_mutex_unlock(&shell->lock);
	return *line;
}

static bool start_editor(struct shell *shell)
{
	const struct bm_line_editor_options options = {
		.out = stdout, .mutex = &shell->screen, .complete = complete, .ctx = shell};
	sigset_t all, before;
	pthread_t thread;
	bm_line_editor_locale();
	pthread_mutex_lock(&shell->screen);
	shell->editor = bm_line_editor_new(&options);
	pthread_mutex_unlock(&shell->screen);
	/* Signals are for the thread that runs commands. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const bool started = shell->editor && pthread_create(&thread, NULL, serve, shell) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_detach(thread);
	return started;
}

static int edit(struct shell *shell)
{
	char *line;
	tcgetattr(STDIN_FILENO, &saved_terminal);
	if (!start_editor(shell))
		return bm_failed(&shell->options, "the terminal cannot be used: out of memory");
	take_signals(shell);
	printf("network %s%s; help lists the commands, Tab completes\n", shell->options.network,
	       shell->network ? "" : ", which is not there yet (provision makes it)");
	fflush(stdout);
	bool on = true;
	while (on && next_line(shell, &line)) {
		on = run_line(shell, line);
		free(line);
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &saved_terminal);
	return shell->status;
}

static int read_lines(struct shell *shell)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t len;
	while ((len = getline(&line, &room, stdin)) >= 0) {
		while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
			line[--len] = '\0';
		if (!run_line(shell, line))
			break;
	}
	free(line);
	return shell->status;
}

static bool parse(struct bm_options *options, int argc, char **argv)
{
	while (bm_options_next(options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		;
	if (!options->over && optind < argc)
		bm_wrong(options, "%s: commands are typed at the prompt, or come from standard input", argv[optind]);
	else if (!options->over && (options->json || options->has_timeout))
		bm_wrong(options, "--json and --timeout are for the commands at the prompt");
	return !options->over;
}

int bm_command_shell(int argc, char **argv, char **whole_argv)
{
	/* The editor's thread does not end with the prompt. */
	static struct shell shell = {.screen = PTHREAD_MUTEX_INITIALIZER,
				     .lock = PTHREAD_MUTEX_INITIALIZER,
				     .changed = PTHREAD_COND_INITIALIZER,
				     .options = {.command = "shell", .usage = usage}};
	(void)whole_argv;
	if (!parse(&shell.options, argc, argv))
		return shell.options.status;
	/* For the commands, which read them as if they were typed alone. */
	setenv("BLEMESH_NETWORK", shell.options.network, 1);
	setenv("BLEMESH_RADIO", shell.options.radio, 1);
	shell.edits = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	bm_session_keep(true);
	hold_network(&shell);
	const int status = shell.edits ? edit(&shell) : read_lines(&shell);
	bm_session_keep(false);
	bm_network_close(shell.network);
	return status;
}
