/*
 * What `blemesh config` is at: shared by its files.
 */
#ifndef BM_CLI_COMMANDS_CONFIG_STATE_H
#define BM_CLI_COMMANDS_CONFIG_STATE_H

#include "cli/commands/client.h"
#include "cli/commands/turns.h"
#include "cli/words/speak.h"

#define CONFIG_VALUES_MAX 24u

/* FIELD=VALUE texts for bm_speak. */
struct config_values {
	char texts[CONFIG_VALUES_MAX][200];
	char *list[CONFIG_VALUES_MAX];
	size_t count;
};

struct config {
	struct bm_options options;
	struct bm_network *network;
	struct bm_client *client;       /* NULL until something is asked */
	struct config_several *several; /* NULL, or what those have in common who are configured side by side */
	char **words;                   /* the setting and its arguments */
	size_t word_count;
	/* The node that is asked just now. */
	json_t *node;
	uint16_t addr, element; /* the primary element's, and the one meant */
	char name[160];
	bool all;         /* several nodes, or several settings: a failure does not end it */
	bool interrupted; /* nothing more is begun */
	json_t *states;   /* of the node, for JSON */
	unsigned failures;
};

/* What a copy of struct config for each node shares. */
struct config_several {
	struct config *whole;
	struct bm_turns *turns;
	const struct config_setting *setting;
	json_t *nodes, **results; /* who is asked, and what came of it */
};

/* A setting: a word, and what it does with its arguments. False: it failed, which was told; with options.over it was
 * used wrongly. */
struct config_setting {
	const char *word;
	bool (*run)(struct config *c, const struct config_setting *setting, char **args, size_t count);
	uint32_t get, set;  /* messages; BM_NO_MESSAGE */
	const char *fields; /* of set, in the order of the arguments; NAME* is a pair "2x20ms" of NAME_count and
			     * NAME_interval_steps */
	bool shown;         /* when all states are asked for */
	const char *usage, *about;
};
#define BM_NO_MESSAGE UINT32_MAX

extern const struct config_setting config_settings[];
extern const size_t config_setting_count;
const struct config_setting *config_find(const char *word);

__attribute__((format(printf, 2, 3))) void config_add(struct config_values *values, const char *format, ...);
/* An argument that is a time or a count apart is put in as two values; any other as it is, after name= if it has no
 * name of its own. */
void config_add_argument(struct config_values *values, const char *name, const char *text);

/* Makes the message of the values, sends it, learns from the answer and checks its status. what: for what is told.
 * quiet: a status that says no is not told. */
bool config_ask(struct config *c, const char *what, uint32_t opcode, const struct config_values *values, bool quiet,
		struct bm_answered *answered);
/* The answer's fields as a line "lamp relay: on 2x20ms" or into states. */
void config_tell(struct config *c, const char *what, const struct bm_answered *answered);
/* Tells on stderr "blemesh config: lamp: …" and counts it as a failure; returns false. */
__attribute__((format(printf, 2, 3))) bool config_fail(struct config *c, const char *format, ...);
/* The command was used wrongly; returns false. */
__attribute__((format(printf, 2, 3))) bool config_wrong(struct config *c, const char *format, ...);
/* The client, opened at the first need; NULL: it was told why. */
struct bm_client *config_client(struct config *c);

/* Settings with a way of their own. */
bool config_state(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_bind(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_subscribe(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_publish(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_keys(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_heartbeat(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_reset(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_composition(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_solicitations(struct config *c, const struct config_setting *setting, char **args, size_t count);
bool config_health(struct config *c, const struct config_setting *setting, char **args, size_t count);

/* `config groups …` and `groups …`. */
int config_groups(struct bm_options *options, char **args, size_t count);

#endif
