/*
 * `blemesh export`: the network as a Mesh Configuration Database, for apps and for keeping.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/env.h"
#include "cli/commands/database.h"
#include "cli/commands/options.h"
#include "cli/database/transfer.h"
#include "cli/text.h"

static const char USAGE[] = "usage: blemesh export [options] [FILE]\n\n"
			    "Writes the network as a Mesh Configuration Database (schema 1.0.1), the JSON that phone "
			    "apps exchange: nodes with\n"
			    "their models, groups, scenes, provisioners, and ALL KEYS. Whoever has it has the network: "
			    "FILE is made readable by\n"
			    "its owner alone. Without FILE it goes to standard output.\n\n"
			    "  --network NAME      which network; default: $BLEMESH_NETWORK, else \"default\"\n\n"
			    "Who imports it must take an address of its own (blemesh import does; apps ask for a "
			    "provisioner). Never use one\n"
			    "provisioner's address in two places: both would use the same sequence numbers.\n";

/* Under another name first: nobody finds half of it. */
static bool write_file(const char *path, const char *text, char *error, size_t error_len)
{
	char part[4200];
	struct stat st;
	snprintf(part, sizeof part, "%.4096s.part", path);
	/* What is no file (a pipe, a device) is written as it is. */
	const bool direct = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	const char *target = direct ? path : part;
	const int fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | (direct ? 0 : O_NOFOLLOW), 0600);
	bool good = fd >= 0 && (direct || fchmod(fd, 0600) == 0);
	for (size_t at = 0, len = strlen(text); good && at < len;) {
		const ssize_t n = write(fd, text + at, len - at);
		good = n > 0;
		at += good ? (size_t)n : 0;
	}
	good = good && (direct || fsync(fd) == 0);
	int why = errno;
	if (fd >= 0 && close(fd) != 0 && good) {
		good = false;
		why = errno;
	}
	if (good && !direct && rename(part, path) != 0) {
		good = false;
		why = errno;
	}
	if (!good) {
		if (fd >= 0 && !direct)
			unlink(part);
		snprintf(error, error_len, "%s: %s", path, strerror(why));
	}
	return good;
}

static void warn(const json_t *warnings)
{
	size_t i;
	const json_t *warning;
	json_array_foreach(warnings, i, warning)
		bm_text_say(stderr, "blemesh export: %s\n", json_string_value(warning));
}

static int write_out(const struct bm_options *options, const json_t *document, const char *path)
{
	char error[4300];
	char *text = json_dumps(document, JSON_INDENT(2));
	if (!text)
		return bm_failed(options, "out of memory");
	int status = BM_STATUS_DONE;
	if (!path || strcmp(path, "-") == 0) {
		bm_text_escape(stdout, text);
		if (putchar('\n') == EOF || fflush(stdout) != 0)
			status = bm_failed(options, "standard output: %s", strerror(errno));
	} else if (!write_file(path, text, error, sizeof error)) {
		status = bm_failed(options, "%s", error);
	}
	bm_wipe(text, strlen(text));
	free(text);
	if (!status)
		fprintf(stderr, "blemesh export: %s holds all keys of network %s: keep it from others' eyes\n",
			path && strcmp(path, "-") != 0 ? path : "what was written", options->network);
	return status;
}

int bm_command_export(int argc, char **argv, char **whole)
{
	struct bm_options options = {.command = "export", .usage = USAGE};
	(void)whole;
	while (bm_options_next(&options, argc, argv, "", bm_shared_options) != BM_OPTIONS_END)
		continue;
	if (options.over)
		return options.status;
	if (argc - optind > 1)
		return bm_wrong(&options, "%s: one file is enough (see blemesh export --help)", argv[optind + 1]);
	struct bm_network *network = bm_options_network(&options, false);
	if (!network)
		return BM_STATUS_FAILED;
	json_t *warnings = json_array(), *document = bm_database_export(network, warnings);
	int status;
	warn(warnings);
	json_decref(warnings);
	if (document)
		status = write_out(&options, document, argv[optind]);
	else
		status = bm_failed(&options, "%s cannot be read, or is damaged", bm_network_path(network));
	json_decref(document);
	bm_network_close(network);
	return status;
}
