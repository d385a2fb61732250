/*
 * The virtual air: one datagram socket to hear with, bound in the air's directory, and a connected socket to every
 * other process found there. The directory is read again several times a second, and when something arrives and it
 * changed: that is how a new process is found.
 *
 *   unknown name ─connect▶ peer ─refused▶ forgotten (and its stale socket file removed)
 *
 * A socket to each peer, and not one for all, so that a stopped process can fill nobody's send buffer but its own.
 */
#include "posix/air.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <uv.h>

#include "posix/private_dir.h"

#define NAME_MAX_LEN 32u
#define RESCAN_MS 100u
#define PEERS_MAX 256u
#define READS_AT_ONCE 64
#define HEADER_LEN 4u
#define VERSION 1u
#define SOCKET_SUFFIX ".sock"
#define SOCKET_NAME_LEN 21u /* 16 hexadecimal digits and the suffix */

struct peer {
	char name[SOCKET_NAME_LEN + 1];
	int fd;
	bool seen; /* in the directory, at the last reading */
};

struct bm_air {
	struct bm_medium *medium;
	bm_time (*now)(void *ctx);
	void *ctx;
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char own[SOCKET_NAME_LEN + 1];
	int fd;
	struct peer peers[PEERS_MAX];
	size_t peer_count;
	struct bm_air_stats stats;
	uv_poll_t poll;
	uv_timer_t timer;
	unsigned open_handles;
	struct timespec changed; /* the directory, when it was read last */
};

static bool name_is_good(const char *name)
{
	const size_t len = strlen(name);
	const char *allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	return len >= 1 && len <= NAME_MAX_LEN && strspn(name, allowed) == len;
}

static bool enter_dir(struct bm_air *air, const char *name, char *error, size_t error_len)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;
	char path[sizeof air->dir];
	int len;
	if (runtime && runtime[0] == '/' && stat(runtime, &st) == 0 && S_ISDIR(st.st_mode))
		len = snprintf(path, sizeof path, "%s/blemesh", runtime);
	else
		len = snprintf(path, sizeof path, "/tmp/blemesh-%u", (unsigned)geteuid());
	/* "/air/", the name, "/" and the socket's own name with a dot in front follow. */
	if (len < 0 || (size_t)len + 6 + strlen(name) + 2 + SOCKET_NAME_LEN >= sizeof path) {
		snprintf(error, error_len, "the path of XDG_RUNTIME_DIR is too long for a socket");
		return false;
	}
	if (!bm_private_dir(path, error, error_len))
		return false;
	strcat(path, "/air");
	if (!bm_private_dir(path, error, error_len))
		return false;
	strcat(path, "/");
	strcat(path, name);
	strcpy(air->dir, path);
	return bm_private_dir(path, error, error_len);
}

static struct sockaddr_un address_of(const struct bm_air *air, const char *prefix, const char *name)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	/* enter_dir left room for both. */
	strcpy(addr.sun_path, air->dir);
	strcat(addr.sun_path, "/");
	strcat(addr.sun_path, prefix);
	strcat(addr.sun_path, name);
	return addr;
}

/* Bound under a hidden name and renamed: a name that others see always has a socket behind it, so that "connection
 * refused" means a dead process. */
static bool open_socket(struct bm_air *air, char *error, size_t error_len)
{
	uint64_t number;
	if (getrandom(&number, sizeof number, 0) != sizeof number) {
		snprintf(error, error_len, "no random number: %s", strerror(errno));
		return false;
	}
	snprintf(air->own, sizeof air->own, "%016llx" SOCKET_SUFFIX, (unsigned long long)number);
	air->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	const struct sockaddr_un hidden = address_of(air, ".", air->own);
	const struct sockaddr_un addr = address_of(air, "", air->own);
	if (air->fd < 0 || bind(air->fd, (const struct sockaddr *)&hidden, sizeof hidden) != 0 ||
	    rename(hidden.sun_path, addr.sun_path) != 0) {
		snprintf(error, error_len, "cannot open a socket in %s: %s", air->dir, strerror(errno));
		if (air->fd >= 0) {
			unlink(hidden.sun_path);
			close(air->fd);
		}
		return false;
	}
	return true;
}

static void forget(struct bm_air *air, size_t index)
{
	close(air->peers[index].fd);
	air->peers[index] = air->peers[--air->peer_count];
}

/* Connects to a process that is new in the directory. */
static void meet(struct bm_air *air, const char *name)
{
	if (air->peer_count == PEERS_MAX)
		return;
	const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	const struct sockaddr_un addr = address_of(air, "", name);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) != 0) {
		if (errno == ECONNREFUSED)
			unlink(addr.sun_path);
		close(fd);
		return;
	}
	struct peer *peer = &air->peers[air->peer_count++];
	*peer = (struct peer){.fd = fd, .seen = true};
	memcpy(peer->name, name, SOCKET_NAME_LEN + 1);
}

static bool is_socket_name(const char *name)
{
	return strlen(name) == SOCKET_NAME_LEN && strspn(name, "0123456789abcdef") == 16 &&
	       strcmp(name + 16, SOCKET_SUFFIX) == 0;
}

static void rescan(struct bm_air *air)
{
	struct stat st;
	DIR *dir = opendir(air->dir);
	if (!dir)
		return;
	if (fstat(dirfd(dir), &st) == 0)
		air->changed = st.st_mtim;
	for (size_t i = 0; i < air->peer_count; i++)
		air->peers[i].seen = false;
	for (const struct dirent *entry; (entry = readdir(dir));) {
		if (!is_socket_name(entry->d_name) || strcmp(entry->d_name, air->own) == 0)
			continue;
		size_t i = 0;
		while (i < air->peer_count && strcmp(air->peers[i].name, entry->d_name) != 0)
			i++;
		if (i < air->peer_count)
			air->peers[i].seen = true;
		else
			meet(air, entry->d_name);
	}
	closedir(dir);
	for (size_t i = air->peer_count; i-- > 0;)
		if (!air->peers[i].seen)
			forget(air, i);
}

static void send_frame(void *ctx, const struct bm_frame *frame, bm_time now)
{
	struct bm_air *air = ctx;
	(void)now;
	uint8_t datagram[HEADER_LEN + BM_FRAME_MAX] = {'b', 'm', VERSION, (uint8_t)frame->kind};
	if (frame->len > BM_FRAME_MAX)
		return;
	memcpy(datagram + HEADER_LEN, frame->octets, frame->len);
	for (size_t i = air->peer_count; i-- > 0;) {
		const ssize_t n = send(air->peers[i].fd, datagram, HEADER_LEN + frame->len,
				       MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n >= 0)
			air->stats.sent++;
		else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
			air->stats.dropped++;
		else
			/* The process is gone; the next reading of the directory removes its socket. */
			forget(air, i);
	}
}

static void take_datagram(struct bm_air *air, const uint8_t *octets, size_t len)
{
	if (len < HEADER_LEN || len > HEADER_LEN + BM_FRAME_MAX || octets[0] != 'b' || octets[1] != 'm' ||
	    octets[2] != VERSION) {
		air->stats.malformed++;
		return;
	}
	const struct bm_frame frame = {
		.kind = (enum bm_frame_kind)octets[3],
		.octets = octets + HEADER_LEN,
		.len = len - HEADER_LEN,
	};
	if (bm_medium_inject(air->medium, &frame, air->now(air->ctx)))
		air->stats.received++;
	else
		air->stats.malformed++;
}

/* Somebody new may have sent what is about to be read, and wants the answer to reach him. */
static void look_for_newcomers(struct bm_air *air)
{
	struct stat st;
	if (stat(air->dir, &st) == 0 &&
	    (st.st_mtim.tv_sec != air->changed.tv_sec || st.st_mtim.tv_nsec != air->changed.tv_nsec))
		rescan(air);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
	struct bm_air *air = handle->data;
	(void)status;
	(void)events;
	look_for_newcomers(air);
	/* Bounded, so that a flood cannot keep the loop from its other work. */
	for (int i = 0; i < READS_AT_ONCE; i++) {
		uint8_t octets[HEADER_LEN + BM_FRAME_MAX + 1];
		const ssize_t n = recv(air->fd, octets, sizeof octets, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0)
			return;
		take_datagram(air, octets, (size_t)n);
	}
}

static void on_timer(uv_timer_t *handle)
{
	rescan(handle->data);
}

struct bm_air *bm_air_join(struct bm_medium *medium, struct uv_loop_s *loop, const char *name,
			   bm_time (*now)(void *ctx), void *ctx, char *error, size_t error_len)
{
	if (!name_is_good(name)) {
		snprintf(error, error_len, "an air's name has 1 to %u letters, digits, '-' and '_'", NAME_MAX_LEN);
		return NULL;
	}
	struct bm_air *air = calloc(1, sizeof *air);
	if (!air) {
		snprintf(error, error_len, "out of memory");
		return NULL;
	}
	air->medium = medium;
	air->now = now;
	air->ctx = ctx;
	if (!enter_dir(air, name, error, error_len) || !open_socket(air, error, error_len)) {
		free(air);
		return NULL;
	}
	if (uv_poll_init(loop, &air->poll, air->fd) != 0) {
		snprintf(error, error_len, "the event loop refused the socket");
		unlink(address_of(air, "", air->own).sun_path);
		close(air->fd);
		free(air);
		return NULL;
	}
	uv_timer_init(loop, &air->timer);
	air->open_handles = 2;
	air->poll.data = air->timer.data = air;
	uv_poll_start(&air->poll, UV_READABLE, on_readable);
	uv_timer_start(&air->timer, on_timer, RESCAN_MS, RESCAN_MS);
	rescan(air);
	bm_medium_set_uplink(medium, send_frame, air);
	return air;
}

static void on_close(uv_handle_t *handle)
{
	struct bm_air *air = handle->data;
	if (--air->open_handles > 0)
		return;
	close(air->fd);
	free(air);
}

void bm_air_leave(struct bm_air *air)
{
	if (!air)
		return;
	bm_medium_set_uplink(air->medium, NULL, NULL);
	unlink(address_of(air, "", air->own).sun_path);
	while (air->peer_count > 0)
		forget(air, air->peer_count - 1);
	/* The memory goes when the loop has let go of both handles. */
	uv_close((uv_handle_t *)&air->poll, on_close);
	uv_close((uv_handle_t *)&air->timer, on_close);
}

struct bm_air_stats bm_air_stats(const struct bm_air *air)
{
	return air->stats;
}
